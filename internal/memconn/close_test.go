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
		t.Fatalf("the first Close succeeds; got %v", err)
	}
}

func closeWrite(t *testing.T, c interface{ CloseWrite() error }) {
	t.Helper()
	if err := c.CloseWrite(); err != nil {
		t.Fatalf("half-closing an open connection succeeds; got %v", err)
	}
}

func TestHalfCloseLeavesTheOtherDirection(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "last words")
		closeWrite(t, a)
		closeWrite(t, a) // a second time changes nothing
		if !b.FINReceived() || b.RSTReceived() {
			t.Error("a half close arrives as FIN, even before what was written is read")
		}
		wantRead(t, b, "last words")
		wantReadError(t, b, io.EOF)
		wantReadError(t, b, io.EOF)
		write(t, b, "still here")
		wantRead(t, a, "still here")
		wantWriteError(t, a, syscall.EPIPE)
	})
}

func TestCloseSendsFINBehindTheData(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "last words")
		closeNow(t, a)
		wantRead(t, b, "last words")
		wantReadError(t, b, io.EOF)
		if !b.FINReceived() || b.RSTReceived() || !b.Peer().Closed() {
			t.Error("a close with nothing unread is a FIN and no RST")
		}
		wantReadError(t, a, net.ErrClosed)
		wantWriteError(t, a, net.ErrClosed)
		if err := a.Close(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a second Close says that it is closed; got %v", err)
		}
		if err := a.CloseWrite(); !errors.Is(err, net.ErrClosed) {
			t.Errorf("half-closing a closed connection says so; got %v", err)
		}
	})
}

func TestCloseWithUnreadInputResets(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, b, "nobody reads this")
		write(t, a, "a close frame on its way")
		closeNow(t, a)
		if !b.RSTReceived() || b.FINReceived() {
			t.Error("a close with unread input is an RST and no FIN")
		}
		if b.Unread() != 0 {
			t.Errorf("the reset destroys what is on its way; %d bytes survived", b.Unread())
		}
		wantReadError(t, b, syscall.ECONNRESET)
		wantWriteError(t, b, syscall.ECONNRESET)
	})
}

func TestHalfCloseThenCloseWithUnreadInputResets(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "a close frame on its way")
		closeWrite(t, a)
		write(t, b, "nobody reads this")
		closeNow(t, a)
		if !b.FINReceived() || !b.RSTReceived() {
			t.Error("both the FIN and the later RST are seen")
		}
		wantReadError(t, b, syscall.ECONNRESET)
	})
}

func TestWritingToAClosedPeerResets(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "a close frame on its way")
		closeNow(t, a)
		write(t, b, "into the void") // as in TCP, the first write cannot know
		wantWriteError(t, b, syscall.ECONNRESET)
		wantReadError(t, b, syscall.ECONNRESET)
		if err := b.CloseWrite(); !errors.Is(err, syscall.ENOTCONN) {
			t.Errorf("a connection that was reset cannot be half-closed; got %v", err)
		}
		closeNow(t, b)
	})
}

func TestNothingIsSentAfterAReset(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.Reset()
		if err := a.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		closeNow(t, a)
		if b.FINReceived() || b.RSTReceived() {
			t.Error("who has been reset closes silently; neither FIN nor RST may reach the one who did it")
		}
	})
}

func TestResetDestroysBothDirections(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "one way")
		write(t, b, "other way")
		a.Reset()
		a.Reset() // a second time changes nothing
		wantReadError(t, a, net.ErrClosed)
		wantReadError(t, b, syscall.ECONNRESET)
		wantWriteError(t, b, syscall.ECONNRESET)
		if a.RSTReceived() || !b.RSTReceived() {
			t.Error("who resets sends the RST, and the peer receives it")
		}
	})
}

func TestLingerZeroMakesCloseAReset(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		if err := a.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		closeNow(t, a)
		wantReadError(t, b, syscall.ECONNRESET)
	})
}

func TestEndsWakeWhoeverWaits(t *testing.T) {
	for sentence, c := range map[string]struct {
		end  func(a, b *Conn)
		want error
	}{
		"our Close":                     {func(a, _ *Conn) { _ = a.Close() }, net.ErrClosed},
		"their reset":                   {func(_, b *Conn) { b.Reset() }, syscall.ECONNRESET},
		"their Close with unread input": {func(_, b *Conn) { _ = b.Close() }, syscall.ECONNRESET},
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
					t.Errorf("%s wakes whoever waits with %v; got %v", sentence, c.want, err)
				}
			}
		})
	}
}

func TestHalfCloseEndsAWaitingWrite(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.SetCapacity(1)
		var err error
		go func() { _, err = a.Write([]byte("12")) }()
		synctest.Wait()
		closeWrite(t, a)
		synctest.Wait()
		if !errors.Is(err, syscall.EPIPE) {
			t.Errorf("a write that waits while its direction is closed answers EPIPE; got %v", err)
		}
	})
}
