package memconn

import (
	"io"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// writeCloser has the methods that TCP connections and connections in memory have in common.
type writeCloser interface {
	net.Conn
	CloseWrite() error
}

// TestConnLikeTCP performs the same steps with a connection in memory and with TCP.
func TestConnLikeTCP(t *testing.T) {
	for name, connect := range map[string]func(*testing.T) (a, b writeCloser){
		"memory": func(*testing.T) (a, b writeCloser) { return Pipe() },
		"TCP":    tcpPair,
	} {
		t.Run(name, func(t *testing.T) {
			a, b := connect(t)
			write(t, a, "last words")
			closeWrite(t, a)
			wantRead(t, b, "last words")
			wantReadError(t, b, io.EOF)
			wantWriteError(t, a, syscall.EPIPE)
			write(t, b, "read this, not that")
			wantRead(t, a, "read this")
			wantPastDeadline(t, a)
			closeNow(t, a) // with unread input
			wantReadError(t, a, net.ErrClosed)
			wantReset(t, b)
		})
	}
}

func wantPastDeadline(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.SetReadDeadline(time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	wantReadError(t, c, os.ErrDeadlineExceeded)
}

// wantReset writes until the reset has arrived. After an EOF only a write reports it.
func wantReset(t *testing.T, c net.Conn) {
	t.Helper()
	for {
		if _, err := c.Write([]byte("more")); err != nil {
			return
		}
	}
}

func tcpPair(t *testing.T) (a, b writeCloser) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = client.Close(), server.Close() })
	return client.(*net.TCPConn), server.(*net.TCPConn)
}
