package wiretest

import (
	"bufio"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/netlayer"
)

// Far is the peer of a connection on real sockets, in either role. It writes and reads its bytes itself.
type Far struct {
	net.Conn
	TCP  *net.TCPConn
	R    *bufio.Reader
	Role protocol.Role // of the connection, not of this peer
}

// WirePair returns the two ends of a TCP connection.
func WirePair(t *testing.T) (a, b *net.TCPConn) {
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

// TLSPair makes a TLS handshake between a connection of this role and its peer. It is TLS 1.2, where alerts can be recognised
// from outside.
func TLSPair(t *testing.T, role protocol.Role, near, peer net.Conn) (a, b *tls.Conn) {
	t.Helper()
	if role == protocol.Server {
		a, b = tls.Server(near, ServerConfig(t)), tls.Client(peer, AlertsVisible())
	} else {
		a, b = tls.Client(near, AlertsVisible()), tls.Server(peer, ServerConfig(t))
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

// Send writes b, which must succeed.
func (f *Far) Send(t *testing.T, b []byte) {
	t.Helper()
	if _, err := f.Write(b); err != nil {
		t.Fatalf("the peer must be able to write, there may be no reset; got %v", err)
	}
}

// Frame returns a frame as this peer sends it.
func (f *Far) Frame(op protocol.Opcode, payload []byte) []byte { return Frame(f.Role, op, payload) }

// Closing returns a Close frame with this code.
func (f *Far) Closing(code uint16) []byte { return f.Frame(protocol.CloseFrame, CloseBody(code, "")) }

// Violating returns a frame with an undefined opcode.
func (f *Far) Violating() []byte { return f.Frame(3, nil) }

// ReadFrame reads one frame, which must be masked if it is from a client (RFC 6455, section 5.1).
func (f *Far) ReadFrame(t *testing.T) (Received, error) {
	t.Helper()
	got, err := readFrame(f.R, f.Role)
	if illegal, ok := errors.AsType[*illegalFrame](err); ok {
		t.Fatal(illegal)
	}
	return got, err
}

// WantFrame fails unless the next frame has this text.
func (f *Far) WantFrame(t *testing.T, want string) {
	t.Helper()
	if got, err := f.ReadFrame(t); err != nil || got.String() != want {
		t.Fatalf("the peer must read %s; got %v, %v", want, got, err)
	}
}

// WantEOF fails unless nothing follows but EOF, over TLS with close_notify.
func (f *Far) WantEOF(t *testing.T) {
	t.Helper()
	if b, err := io.ReadAll(f.R); err != nil || len(b) > 0 {
		t.Fatalf("the peer must read EOF, never a reset; got %d bytes, %v", len(b), err)
	}
}

// WantOpen fails if the other direction has ended.
func (f *Far) WantOpen(t *testing.T, why string) {
	t.Helper()
	_ = f.TCP.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, err := f.TCP.Read(make([]byte, 1)); n > 0 || !isTimeout(err) {
		t.Fatalf("%s; the peer got %d bytes, %v", why, n, err)
	}
	_ = f.TCP.SetReadDeadline(time.Now().Add(Bound))
}

func isTimeout(err error) bool {
	e, ok := err.(net.Error) //nolint:errorlint // as TCP gives it
	return ok && e.Timeout()
}

// End ends this direction, over TLS with close_notify.
func (f *Far) End() { netlayer.EndWriting(f.Conn) }

// OnEachWire runs a test in both roles, on TCP and on TLS, with the roles in parallel.
func OnEachWire(t *testing.T, test func(t *testing.T, role protocol.Role, secure bool)) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		t.Run(role.String(), func(t *testing.T) {
			t.Parallel()
			Each(t, func(t *testing.T, secure bool) { test(t, role, secure) })
		})
	}
}
