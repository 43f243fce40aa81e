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

// message is a message.
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

// command makes a peer do something other than echoing. It is sent as a text message with the prefix "do:". The scripts in
// testdata implement the same commands.
type command struct {
	Do     string `json:"do"`
	Code   int    `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
}

// The commands.
const (
	doClose     = "close"     // close with code and reason; without a code send an empty Close
	doPing      = "ping"      // ping, and send the payload of the pong in a text message after "pong:"
	doFragments = "fragments" // send the next message in fragments
	doReset     = "reset"     // reset TCP
	doFIN       = "fin"       // end TCP without a Close
)

func (c command) message() message {
	text, _ := json.Marshal(c) // cannot fail for strings and a number
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

// echo is the application at the end of a library. The read loop of the library passes messages to handle.
type echo struct {
	library
	fragments bool // whether the next message is sent in fragments
}

// handle echoes a message or carries out a command. It ignores errors, because the next read returns them.
func (e *echo) handle(m message) {
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

// pingPayload is the payload of the peers' pings.
const pingPayload = "are you there?"

// reportPong sends the message that doPing promises.
func reportPong(l library, payload string) { _ = l.write(message{data: []byte("pong:" + payload)}) }

// fragment divides a message into four fragments.
func fragment(data []byte) [][]byte {
	quarter := len(data) / 4
	return [][]byte{data[:quarter], data[quarter : 2*quarter], data[2*quarter : 3*quarter], data[3*quarter:]}
}

// serveLibrary starts a server whose handler serves one connection and returns the report of its end.
func serveLibrary(t *testing.T, handler func(w http.ResponseWriter, r *http.Request) (report, error)) (string, <-chan report) {
	ended := make(chan report, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		end, err := handler(w, r)
		if err != nil {
			t.Errorf("the peer does not accept our handshake: %v", err)
		}
		ended <- end
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

// dialLibrary starts a client that returns the report of its connection's end.
func dialLibrary(t *testing.T, client func() (report, error)) <-chan report {
	ended := make(chan report, 1)
	go func() {
		end, err := client()
		if err != nil {
			t.Errorf("the peer does not accept our response to its handshake: %v", err)
		}
		ended <- end
	}()
	return ended
}
