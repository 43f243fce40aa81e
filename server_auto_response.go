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
// then nothing has changed.
func (s *Server) SetAutoResponse(request, response string) error {
	if request == "" {
		s.autoResponse.Store(nil)
		return nil
	}
	if err := CheckAutoResponse(request, response); err != nil {
		return err
	}
	frame, err := driver.Prepare(protocol.Text, []byte(response))
	if err == nil {
		s.autoResponse.Store(&autoResponse{request: request, response: Text(response), frame: frame})
	}
	return err
}

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

// autoResponse is a response to a message that does not need the handler.
type autoResponse struct {
	request  string
	response Payload
	frame    *protocol.Prepared // of the response
}

// maxAutoResponse bounds request and response, in bytes.
const maxAutoResponse = 2048

// autoRespond responds to a message without the handler, and reports whether it has. The driver calls it, so it never blocks: if
// the send queue is full the response is dropped, or the connection closed, as for Publish.
func (s *Socket) autoRespond(m protocol.Event) bool {
	a := s.server.autoResponse.Load()
	if a == nil || m.Opcode != protocol.Text || string(m.Payload) != a.request {
		return false
	}
	_ = s.sendPrepared(a.frame, a.response) // the policy has been applied
	return true
}
