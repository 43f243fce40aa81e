//go:build unix

package driver

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// rawPair returns a raw transport on TCP with a small send buffer, and its peer.
func rawPair(t *testing.T) (*socketTransport, *net.TCPConn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	peer, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ours, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = peer.Close(); _ = ours.Close() })
	_ = ours.(*net.TCPConn).SetWriteBuffer(16 << 10)
	_ = peer.(*net.TCPConn).SetReadBuffer(16 << 10)
	_ = peer.SetDeadline(time.Now().Add(time.Minute))
	transport, ok := newSocketTransport(ours)
	if !ok {
		t.Fatal("TCP is read and written through its descriptor")
	}
	return transport.(*socketTransport), peer.(*net.TCPConn)
}

// fill writes until the kernel accepts no more.
func fill(t *testing.T, raw *socketTransport) (total int) {
	t.Helper()
	chunk := make([]byte, 64<<10)
	for {
		n, err := raw.tryWrite(chunk)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return total
		}
		total += n
	}
}

func TestSocketTryWrite(t *testing.T) {
	raw, peer := rawPair(t)
	total := fill(t, raw)
	if n, err := io.ReadFull(peer, make([]byte, total)); err != nil {
		t.Errorf("the %d bytes that were accepted must arrive; got %d, %v", total, n, err)
	}
}

// Parts of a message count as progress of a slow reader.
func TestSocketWritePart(t *testing.T) {
	raw, peer := rawPair(t)
	total := fill(t, raw)
	go func() { _, _ = io.ReadFull(peer, make([]byte, total)) }()
	if n, err := raw.write(make([]byte, 64<<20)); n == 0 || n == 64<<20 || err != nil {
		t.Errorf("write must return the number of bytes that the kernel has accepted; got %d, %v", n, err)
	}
}

func TestSocketRead(t *testing.T) {
	raw, peer := rawPair(t)
	got := make(chan string)
	go func() {
		for {
			err := raw.read(func(_ *scratch, b []byte) bool { got <- string(b); return true })
			if raw.in != nil {
				t.Error("after input is handled the transport must hold no buffer")
			}
			if err != nil {
				got <- err.Error()
				return
			}
		}
	}()
	_, _ = peer.Write([]byte("hello"))
	if b := <-got; b != "hello" {
		t.Errorf("read must deliver what has arrived; got %q", b)
	}
	_ = peer.CloseWrite()
	if b := <-got; b != "EOF" {
		t.Errorf("the peer's FIN is io.EOF; got %q", b)
	}
}

func TestSocketErrors(t *testing.T) {
	raw, peer := rawPair(t)
	_ = peer.SetLinger(0)
	_ = peer.Close()
	if err := raw.read(func(*scratch, []byte) bool { return true }); !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("a reset is ECONNRESET for the reader; got %v", err)
	}
	if _, err := raw.tryWrite([]byte("x")); !errors.Is(err, unix.EPIPE) && !errors.Is(err, unix.ECONNRESET) {
		t.Errorf("a write after a reset must return the error of that; got %v", err)
	}
	raw.close()
	if _, err := raw.tryWrite([]byte("x")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("a write after close must return net.ErrClosed; got %v", err)
	}
}
