package worker

import (
	"net/http"
	"testing"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

func TestAConnectionThatComesTooLateIsClosed(t *testing.T) {
	a, _ := memconn.Pipe()
	conn := websocket.NewDriver(a, protocol.Client, nil, websocket.Options{})
	s := &outgoingSocket{cancel: func() {}}
	s.close(protocol.CloseNormal, "")
	if s.opened(conn) {
		t.Error("a socket that was closed does not open")
	}
	<-conn.Done()
}

func TestASocketThatIsNotOpenTakesNothing(t *testing.T) {
	cancelled := false
	s := &outgoingSocket{cancel: func() { cancelled = true }}
	s.answerClose()
	if s.buffered() != 0 || cancelled {
		t.Error("nothing has happened yet")
	}
	s.closeNow()
	if !cancelled {
		t.Error("its opening handshake is given up")
	}
}

func TestTheHandshakeIsNotTheScriptsToWrite(t *testing.T) {
	r := &outgoingRequest{header: http.Header{
		"Origin": {"https://x"}, "Cookie": {"a=b"},
		"Sec-Websocket-Protocol": {"a, b", "c"}, "Sec-Websocket-Key": {"k"}, "Sec-Websocket-Extensions": {"e"},
	}}
	opts := &websocket.DialOptions{}
	r.offer(opts)
	if len(opts.Header) != 1 || opts.Header.Get("Cookie") != "a=b" || opts.Origin != "https://x" || len(opts.Subprotocols) != 3 || opts.Subprotocols[2] != "c" {
		t.Errorf("the script chooses the origin, the subprotocols and fields of its own; got %+v", opts)
	}
}
