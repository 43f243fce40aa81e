package linger

import (
	"unicode/utf8"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// SetAutoResponse makes the server respond to the text message request on every connection, at once and without the handler: for
// pings that clients send as messages. The message must be exactly request; the handler does not get it. The response follows
// what has been sent by then, and leaves before what is sent for messages that wait for the handler. It stays in place after
// [Server.Reload]; an empty request removes it. The error is [ErrAutoResponse], or protocol.ErrText for text that is not UTF-8;
// then nothing has changed. AcceptOptions.AutoRespond replaces it on one connection.
func (s *Server) SetAutoResponse(request, response string) error {
	if request == "" {
		s.autoResponse.Store(nil)
		return nil
	}
	a, err := NewAutoResponse(request, response)
	if err == nil {
		s.autoResponse.Store(a)
	}
	return err
}

// AutoResponse is a response to a text message that the handler does not get. It does not change, so connections may share it.
type AutoResponse struct {
	request  string
	response Payload
	frame    *protocol.Prepared // of the response
}

// NewAutoResponse returns the response to the text message request. The errors are those of [Server.SetAutoResponse].
func NewAutoResponse(request, response string) (*AutoResponse, error) {
	if err := CheckAutoResponse(request, response); err != nil {
		return nil, err
	}
	frame, err := driver.Prepare(protocol.Text, []byte(response))
	if err != nil {
		return nil, err
	}
	return &AutoResponse{request: request, response: Text(response), frame: frame}, nil
}

// Matches reports whether text is exactly the request. A nil AutoResponse matches nothing.
func (a *AutoResponse) Matches(text []byte) bool { return a != nil && string(text) == a.request }

// Request returns the message to which the response is sent.
func (a *AutoResponse) Request() string { return a.request }

// Response returns the text of the response.
func (a *AutoResponse) Response() string { return a.response.String() }

// CheckAutoResponse returns the error that [Server.SetAutoResponse] would return.
func CheckAutoResponse(request, response string) error {
	switch {
	case len(request) > maxAutoResponse || len(response) > maxAutoResponse:
		return ErrAutoResponse
	case !utf8.ValidString(request) || !utf8.ValidString(response): // RFC 6455, section 8.1
		return protocol.ErrText
	}
	return nil
}

// maxAutoResponse bounds request and response, in bytes.
const maxAutoResponse = 2048

// respondingEvents is driverEvents for a connection that has AcceptOptions.AutoRespond.
type respondingEvents struct {
	*driverEvents
	respond func(text []byte) *AutoResponse
}

// Events queues what one read has brought, as [driverEvents.Events] does.
func (e *respondingEvents) Events(conn *driver.Driver, events []protocol.Event) (work bool) {
	return (*Socket)(e.driverEvents).queueEvents(conn, events, e.respond)
}

// autoRespond responds to a message without the handler, and reports whether it has. respond is AcceptOptions.AutoRespond. The
// driver calls autoRespond, so it never blocks: if the send queue is full the response is dropped, or the connection closed, as
// for Publish.
func (s *Socket) autoRespond(m protocol.Event, respond func(text []byte) *AutoResponse) bool {
	if m.Opcode != protocol.Text {
		return false
	}
	var a *AutoResponse
	if respond != nil {
		a = respond(m.Payload)
	} else if set := s.server.autoResponse.Load(); set.Matches(m.Payload) {
		a = set
	}
	if a == nil {
		return false
	}
	_ = s.sendPrepared(a.frame, a.response) // the policy has been applied
	return true
}
