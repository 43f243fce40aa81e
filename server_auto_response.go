package linger

import (
	"unicode/utf8"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// SetAutoResponse has the text message request answered with response on every
// connection, at once, without the handler: for the pings that clients send as
// messages. The message has to be exactly request; the handler does not see it. The
// response leaves behind what has been sent by then, before what is sent for messages
// that wait for the handler. It stays over [Server.Reload]; an empty request ends it. The error is [ErrAutoResponse], or protocol.ErrText for text
// that is not UTF-8; then nothing has changed.
func (s *Server) SetAutoResponse(request, response string) error {
	if request == "" {
		s.answer.Store(nil)
		return nil
	}
	if err := CheckAutoResponse(request, response); err != nil {
		return err
	}
	prepared, err := websocket.Prepare(protocol.Text, []byte(response))
	if err == nil {
		s.answer.Store(&answer{request: request, response: Text(response), prepared: prepared})
	}
	return err
}

// CheckAutoResponse returns the error that [Server.SetAutoResponse] would.
func CheckAutoResponse(request, response string) error {
	switch {
	case len(request) > maxAutoResponse || len(response) > maxAutoResponse:
		return ErrAutoResponse
	case !utf8.ValidString(request) || !utf8.ValidString(response): // RFC 6455, section 8.1
		return protocol.ErrText
	}
	return nil
}

// answer is a response to a message that needs no handler.
type answer struct {
	request  string
	response Payload
	prepared *protocol.Prepared
}

// maxAutoResponse bounds request and response, in bytes.
const maxAutoResponse = 2048

// autoRespond answers a message without the handler, if it is the one. It comes
// from the driver, so it never waits: what a full queue does not take is dropped, or
// the connection closed, as for Publish.
func (s *Socket) autoRespond(m protocol.Event) bool {
	a := s.server.answer.Load()
	if a == nil || m.Opcode != protocol.Text || string(m.Payload) != a.request {
		return false
	}
	_ = s.sendPrepared(a.prepared, a.response)
	return true
}
