package worker

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/script"
)

// socket returns the connection with an id, nil if it has ended.
func (h *hostAPI) socket(connection string) *linger.Socket { return h.app.server.Socket(connection) }

// Send implements [script.Calls]. As in browsers, a message is dropped without an error if the connection is closing or
// its send queue is full.
func (h *hostAPI) Send(connection string, p linger.Payload) error {
	s := h.socket(connection)
	if s == nil {
		return h.sendRemote(connection, p)
	}
	if h.caller.isActivating() {
		p.Data = bytes.Clone(p.Data)
		return h.caller.whenInUse(len(p.Data), func() { incomingSocket{s}.send(p) })
	}
	if err := s.Send(p); errors.Is(err, linger.ErrEarlyFull) { // after other errors the connection is closed or closing
		return &script.Throw{Name: "QuotaExceededError", Message: fmt.Sprintf("send: %d bytes wait to be sent, and nothing is sent "+
			"before the request is answered: send the rest after the websocketdrain event, or raise --send-queue", s.Buffered())}
	}
	return nil
}

// Together implements [script.Calls].
func (h *hostAPI) Together(connection string, send func()) {
	if s := h.socket(connection); s != nil {
		s.Together(send)
		return
	}
	send()
}

// Close implements [script.Calls].
func (h *hostAPI) Close(connection string, code protocol.CloseCode, reason string, discard bool) error {
	if err := protocol.CheckClose(code, reason); err != nil {
		return err
	}
	s := h.socket(connection)
	if s == nil {
		return h.onRemote(connection, len(reason), func(r *linger.Remote) error {
			if discard {
				return r.CloseDiscard(code, reason)
			}
			return r.Close(code, reason)
		})
	}
	return h.caller.whenInUse(len(reason), func() {
		if discard {
			_ = s.CloseDiscard(code, reason) // code and reason were checked
		} else {
			_ = s.Close(code, reason) // likewise
		}
	})
}

// State implements [script.Calls].
func (h *hostAPI) State(connection string) protocol.State {
	if s := h.socket(connection); s != nil {
		return s.State()
	}
	return protocol.StateClosed
}

// Buffered implements [script.Calls].
func (h *hostAPI) Buffered(connection string) int {
	if s := h.socket(connection); s != nil {
		return s.Buffered()
	}
	return 0
}

// Facts implements [script.Calls].
func (h *hostAPI) Facts(connection string) (script.Facts, bool) {
	s := h.socket(connection)
	if s == nil {
		return script.Facts{}, false
	}
	url, err := serializeURL(s.URL())
	if err != nil { // only if Go code has accepted the connection
		url = s.URL().String()
	}
	return script.Facts{URL: url, Subprotocol: s.Subprotocol(), RemoteIP: s.RemoteIP()}, true
}

// Header implements [script.Calls].
func (h *hostAPI) Header(connection string) (script.Header, bool) {
	s := h.socket(connection)
	if s == nil {
		return script.Header{}, false
	}
	return script.Header{Host: s.URL().Host, Fields: asHandshake(s.Header()), RemoteIP: s.RemoteIP()}, true
}

// Data implements [script.Calls].
func (h *hostAPI) Data(connection string) string {
	return dataOf(h.socket(connection))
}

// Present implements [script.Calls].
func (h *hostAPI) Present(connection string) (protocol.State, string) {
	s := h.socket(connection)
	if s == nil {
		return protocol.StateClosed, ""
	}
	return s.State(), dataOf(s)
}

// dataOf returns the text of the data of a connection, "" for nil.
func dataOf(s *linger.Socket) string {
	if s == nil {
		return ""
	}
	text, _ := linger.Data[string](s) // cannot fail, because the value is stored as bytes
	return scriptData(text)
}

// scriptData returns the text of a value that a script or Go code has set.
func scriptData(text string) string {
	if text != "" && text[0] != 'J' && text[0] != 'S' { // Go code has set it, as JSON
		text = "J" + text
	}
	return text
}

// SetData implements [script.Calls].
func (h *hostAPI) SetData(connection, data string) error {
	if s := h.socket(connection); s != nil {
		return s.SetData(data)
	}
	return h.onRemote(connection, len(data), func(r *linger.Remote) error { return r.SetData(data) })
}

// Subscribe implements [script.Calls].
func (h *hostAPI) Subscribe(connection, channel string) error {
	s := h.socket(connection)
	var err error
	if s != nil {
		err = s.Subscribe(channel)
	} else if r := h.remote(connection); r != nil {
		err = r.Subscribe(channel)
	}
	if err == nil || errors.Is(err, linger.ErrClosed) {
		return nil
	}
	return &script.Throw{Name: "RangeError", Message: err.Error()}
}

// Unsubscribe implements [script.Calls].
func (h *hostAPI) Unsubscribe(connection, channel string) {
	if s := h.socket(connection); s != nil {
		s.Unsubscribe(channel)
		return
	}
	if r := h.remote(connection); r != nil {
		_ = r.Unsubscribe(channel) // the cluster counts what it loses
	}
}
