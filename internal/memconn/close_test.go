package memconn

import (
	"errors"
	"io"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
)

func closeNow(t *testing.T, c net.Conn) {
	t.Helper()
	if err := c.Close(); err != nil {
		t.Fatalf("Close returns %v", err)
	}
}

func closeWrite(t *testing.T, c interface{ CloseWrite() error }) {
	t.Helper()
	if err := c.CloseWrite(); err != nil {
		t.Fatalf("CloseWrite returns %v", err)
	}
}

func TestConnCloseWrite(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "last words")
		closeWrite(t, a)
		closeWrite(t, a) // no effect the second time
		if !b.FINReceived() || b.RSTReceived() {
			t.Error("the peer does not have the FIN, or has an RST")
		}
		wantRead(t, b, "last words")
		wantReadError(t, b, io.EOF)
		wantReadError(t, b, io.EOF)
		write(t, b, "still here")
		wantRead(t, a, "still here")
		wantWriteError(t, a, syscall.EPIPE)
	})
}

func TestConnCloseFIN(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "last words")
		closeNow(t, a)
		wantRead(t, b, "last words")
		wantReadError(t, b, io.EOF)
		if !b.FINReceived() || b.RSTReceived() || !b.Peer().Closed() {
			t.Error("a close without unread data does not send a FIN, or sends an RST")
		}
		wantReadError(t, a, net.ErrClosed)
		wantWriteError(t, a, net.ErrClosed)
		if err := a.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a second Close returns %v, expected net.ErrClosed", err)
		}
		if err := a.CloseWrite(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("CloseWrite after Close returns %v, expected net.ErrClosed", err)
		}
	})
}

func TestConnCloseUnreadInput(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, b, "unread")
		write(t, a, "a Close frame in transit")
		closeNow(t, a)
		if !b.RSTReceived() || b.FINReceived() {
			t.Error("a close with unread data does not send an RST, or sends a FIN")
		}
		if b.Unread() != 0 {
			t.Errorf("after the reset the peer can read %d bytes, expected 0", b.Unread())
		}
		wantReadError(t, b, syscall.ECONNRESET)
		wantWriteError(t, b, syscall.ECONNRESET)
	})
}

func TestConnCloseWriteCloseUnreadInput(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "a Close frame in transit")
		closeWrite(t, a)
		write(t, b, "unread")
		closeNow(t, a)
		if !b.FINReceived() || !b.RSTReceived() {
			t.Error("the peer does not have both the FIN and the later RST")
		}
		wantReadError(t, b, syscall.ECONNRESET)
	})
}

func TestConnWriteClosedPeer(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "a Close frame in transit")
		closeNow(t, a)
		write(t, b, "lost") // as in TCP, the first write succeeds
		wantWriteError(t, b, syscall.ECONNRESET)
		wantReadError(t, b, syscall.ECONNRESET)
		if err := b.CloseWrite(); !errors.Is(err, syscall.ENOTCONN) {
			t.Errorf("CloseWrite after a reset returns %v, expected ENOTCONN", err)
		}
		closeNow(t, b)
	})
}

func TestConnCloseAfterReset(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.Reset()
		if err := a.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		closeNow(t, a)
		if b.FINReceived() || b.RSTReceived() {
			t.Error("an end that received an RST sends a FIN or RST when it is closed")
		}
	})
}

func TestConnReset(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "one way")
		write(t, b, "other way")
		a.Reset()
		a.Reset() // no effect the second time
		wantReadError(t, a, net.ErrClosed)
		wantReadError(t, b, syscall.ECONNRESET)
		wantWriteError(t, b, syscall.ECONNRESET)
		if a.RSTReceived() || !b.RSTReceived() {
			t.Error("the RST does not arrive at the peer, or arrives at the end that sent it")
		}
	})
}

func TestConnSetLinger(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		if err := a.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		closeNow(t, a)
		wantReadError(t, b, syscall.ECONNRESET)
	})
}

func TestConnCloseWakesWaiters(t *testing.T) {
	for name, c := range map[string]struct {
		end  func(a, b *Conn)
		want error
	}{
		"Close":                               {func(a, _ *Conn) { _ = a.Close() }, net.ErrClosed},
		"Reset of the peer":                   {func(_, b *Conn) { b.Reset() }, syscall.ECONNRESET},
		"Close of the peer with unread input": {func(_, b *Conn) { _ = b.Close() }, syscall.ECONNRESET},
	} {
		bubble(t, func(t *testing.T, a, b *Conn) {
			b.SetCapacity(1)
			var readErr, writeErr, queuedErr error
			go func() { _, readErr = a.Read(make([]byte, 1)) }()
			go func() { _, writeErr = a.Write([]byte("12")) }()
			synctest.Wait()
			go func() { _, queuedErr = a.Write([]byte("3")) }()
			synctest.Wait()
			c.end(a, b)
			synctest.Wait()
			for _, err := range []error{readErr, writeErr, queuedErr} {
				if !errors.Is(err, c.want) {
					t.Errorf("%s: a waiting call returns %v, expected %v", name, err, c.want)
				}
			}
		})
	}
}

func TestConnCloseWriteWakesWrite(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.SetCapacity(1)
		var err error
		go func() { _, err = a.Write([]byte("12")) }()
		synctest.Wait()
		closeWrite(t, a)
		synctest.Wait()
		if !errors.Is(err, syscall.EPIPE) {
			t.Errorf("a write that waits during CloseWrite returns %v, expected EPIPE", err)
		}
	})
}
