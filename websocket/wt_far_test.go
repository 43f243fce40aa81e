package websocket

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/netlayer"
)

// far is the peer of a connection on real sockets. It writes and reads its bytes
// itself, in either role.
type far struct {
	net.Conn
	tcp  *net.TCPConn
	r    *bufio.Reader
	role protocol.Role // of the connection, not of this peer
}

func wirePair(t *testing.T) (a, b *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	dialled, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	accepted, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return dialled.(*net.TCPConn), accepted.(*net.TCPConn)
}

// tlsPair makes the TLS handshake between a connection of that role and its peer.
// It is TLS 1.2, whose alerts can be told from outside.
func tlsPair(t *testing.T, role protocol.Role, near, peer net.Conn) (a, b *tls.Conn) {
	t.Helper()
	if role == protocol.Server {
		a, b = tls.Server(near, serverConfig(t)), tls.Client(peer, alertsVisible())
	} else {
		a, b = tls.Client(near, alertsVisible()), tls.Server(peer, serverConfig(t))
	}
	done := make(chan error, 1)
	go func() { done <- a.Handshake() }()
	if err := b.Handshake(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	return a, b
}

// send writes bytes, which must always be possible as long as we behave.
func (f *far) send(t *testing.T, b []byte) {
	t.Helper()
	if _, err := f.Write(b); err != nil {
		t.Fatalf("the peer must be able to write, there may be no reset; got %v", err)
	}
}

func (f *far) frame(op protocol.Opcode, payload []byte) []byte { return frame(f.role, op, payload) }

func (f *far) closing(code uint16) []byte { return f.frame(protocol.CloseFrame, closeBody(code, "")) }

// violating is a frame with an opcode nobody has defined.
func (f *far) violating() []byte { return f.frame(3, nil) }

// readFrame reads one frame, masked if it is a client's (RFC 6455, section 5.1).
func (f *far) readFrame(t *testing.T) (received, error) {
	t.Helper()
	head, err := f.r.Peek(2)
	if err != nil {
		return received{}, err
	}
	size := 2 + map[byte]int{126: 2, 127: 8}[head[1]&0x7F]
	if head[1]&0x80 != 0 {
		size += 4
	}
	head = make([]byte, size)
	if _, err := io.ReadFull(f.r, head); err != nil {
		return received{}, err
	}
	h, _, v := protocol.ParseHeader(head)
	if v != nil || h.Masked != (f.role == protocol.Client) {
		t.Fatalf("a %v must send a legal frame, masked as its role says; got %+v, %v", f.role, h, v)
	}
	payload := make([]byte, h.Length)
	_, err = io.ReadFull(f.r, payload)
	if h.Masked {
		protocol.Mask(h.Key, 0, payload)
	}
	return received{h.Opcode, payload}, err
}

func (f *far) wantFrame(t *testing.T, want string) {
	t.Helper()
	if got, err := f.readFrame(t); err != nil || got.String() != want {
		t.Fatalf("the peer must read %s; got %v, %v", want, got, err)
	}
}

// wantEOF fails unless the rest is an EOF in order, over TLS with close_notify.
func (f *far) wantEOF(t *testing.T) {
	t.Helper()
	if b, err := io.ReadAll(f.r); err != nil || len(b) > 0 {
		t.Fatalf("the peer must read EOF, never a reset; got %d bytes, %v", len(b), err)
	}
}

// wantOpen fails if our direction has ended.
func (f *far) wantOpen(t *testing.T, why string) {
	t.Helper()
	_ = f.tcp.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := f.tcp.Read(make([]byte, 1)); n > 0 || !isTimeout(err) {
		t.Fatalf("%s; the peer got %d bytes, %v", why, n, err)
	}
	_ = f.tcp.SetReadDeadline(time.Now().Add(20 * time.Second))
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error) //nolint:errorlint // as TCP gives it
	return ok && e.Timeout()
}

// end ends the peer's direction, over TLS with close_notify.
func (f *far) end() { netlayer.EndWriting(f.Conn) }

// onEachWire runs a test in both roles, on TCP and on TLS; it should be parallel.
func onEachWire(t *testing.T, test func(t *testing.T, role protocol.Role, secure bool)) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, secure bool) { test(t, role, secure) })
		})
	}
}
