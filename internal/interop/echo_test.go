package interop_test

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/lingerws/linger/websocket"
)

// message is a whole message.
type message struct {
	binary bool
	data   []byte
}

func (m message) opcode() websocket.MessageType {
	if m.binary {
		return websocket.Binary
	}
	return websocket.Text
}

// command tells a peer to do something else than echo. It travels as a text message with the prefix "do:"; the scripts in
// testdata know it too.
type command struct {
	Do     string `json:"do"`
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// The commands.
const (
	doClose     = "close"     // close with code and reason; without a code: an empty Close
	doPing      = "ping"      // ping; the text message "pong:" with the pong's payload tells of the answer
	doFragments = "fragments" // send the next message in fragments
	doReset     = "reset"     // reset TCP
	doFIN       = "fin"       // end TCP without a Close
)

func (c command) message() message {
	text, _ := json.Marshal(c) // strings and a number
	return message{data: append([]byte("do:"), text...)}
}

// library is a connection of another Go library.
type library interface {
	write(m message) error
	writeFragments(m message) error
	ping(payload string) error
	close(code int, reason string) error
	transport() net.Conn
}

// echo is the application at the end of a library: what is told by its read loop goes through answer.
type echo struct {
	library
	fragments bool
}

// answer echoes or obeys. The errors come again where the library reads.
func (e *echo) answer(m message) {
	text, isCommand := strings.CutPrefix(string(m.data), "do:")
	if m.binary || !isCommand {
		if e.fragments {
			_ = e.writeFragments(m)
		} else {
			_ = e.write(m)
		}
		e.fragments = false
		return
	}
	var c command
	_ = json.Unmarshal([]byte(text), &c)
	switch c.Do {
	case doClose:
		_ = e.close(c.Code, c.Reason)
	case doPing:
		_ = e.ping(pingPayload)
	case doFragments:
		e.fragments = true
	case doReset:
		_ = e.transport().(*net.TCPConn).SetLinger(0)
		_ = e.transport().Close()
	case doFIN:
		_ = e.transport().Close()
	}
}

// pingPayload is what the pings of peers carry.
const pingPayload = "are you there?"

// pong answers doPing when the pong has come.
func pong(l library, payload string) { _ = l.write(message{data: []byte("pong:" + payload)}) }

// fragment cuts a message in four.
func fragment(data []byte) [][]byte {
	quarter := len(data) / 4
	return [][]byte{data[:quarter], data[quarter : 2*quarter], data[2*quarter : 3*quarter], data[3*quarter:]}
}

// serveLibrary runs a server whose handler serves one connection to its end.
func serveLibrary(t *testing.T, handler func(w http.ResponseWriter, r *http.Request) (report, error)) (string, <-chan report) {
	ended := make(chan report, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told, err := handler(w, r)
		if err != nil {
			t.Errorf("the peer must accept our handshake; got %v", err)
		}
		ended <- told
	}))
	server.Config.ConnContext = func(ctx context.Context, nc net.Conn) context.Context {
		return context.WithValue(ctx, transportKey{}, nc)
	}
	server.Start()
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "http:", "ws:", 1) + "/", ended
}

type transportKey struct{}

// transportOf returns the transport of a request to a server of serveLibrary.
func transportOf(r *http.Request) net.Conn {
	nc, _ := r.Context().Value(transportKey{}).(net.Conn)
	return nc
}

// dialLibrary runs a client to its end.
func dialLibrary(t *testing.T, client func() (report, error)) <-chan report {
	ended := make(chan report, 1)
	go func() {
		told, err := client()
		if err != nil {
			t.Errorf("the peer must accept our answer to its handshake; got %v", err)
		}
		ended <- told
	}()
	return ended
}
