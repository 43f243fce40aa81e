package memconn

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs a test on a pair of ends under a fake clock.
func bubble(t *testing.T, test func(t *testing.T, a, b *Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		test(t, a, b)
	})
}

func write(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if n, err := c.Write([]byte(text)); n != len(text) || err != nil {
		t.Fatalf("writing %.20q must succeed; got %d, %v", text, n, err)
	}
}

func wantRead(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("the bytes to be read are %.20q; got %.20q, %v", want, got[:n], err)
	}
}

func wantReadError(t *testing.T, c net.Conn, want error) {
	t.Helper()
	if n, err := c.Read(make([]byte, 10)); n != 0 || !errors.Is(err, want) {
		t.Fatalf("reading must answer %v; got %d bytes, %v", want, n, err)
	}
}

func wantWriteError(t *testing.T, c net.Conn, want error) {
	t.Helper()
	if n, err := c.Write([]byte("late")); n != 0 || !errors.Is(err, want) {
		t.Fatalf("writing must answer %v; got %d bytes, %v", want, n, err)
	}
}

func TestBytesPassBothWays(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "hello")
		write(t, b, "goodbye")
		wantRead(t, b, "hello")
		wantRead(t, a, "goodbye")
		if a.RemoteAddr() != b.LocalAddr() || a.LocalAddr() != b.RemoteAddr() {
			t.Error("each end is known to the other by its own address")
		}
	})
}

func TestReadWaitsForBytes(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		start := time.Now()
		time.AfterFunc(time.Minute, func() { write(t, b, "late") })
		wantRead(t, a, "late")
		if waited := time.Since(start); waited != time.Minute {
			t.Errorf("Read waits until something is written, one minute; it waited %v", waited)
		}
	})
}

func TestReadOfNothingReturns(t *testing.T) {
	bubble(t, func(t *testing.T, a, _ *Conn) {
		if n, err := a.Read(nil); n != 0 || err != nil {
			t.Errorf("a read of no bytes returns at once; got %d, %v", n, err)
		}
	})
}

func TestWriteWaitsWhileThePeerIsFull(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.SetCapacity(4)
		done := false
		go func() {
			write(t, a, "0123456789")
			done = true
		}()
		synctest.Wait()
		if done || b.Unread() != 4 {
			t.Fatalf("a write stops at the peer's capacity of 4; done: %v, handed over: %d", done, b.Unread())
		}
		wantRead(t, b, "0123456")
		synctest.Wait()
		if !done {
			t.Error("a write ends as soon as its last byte has room")
		}
		wantRead(t, b, "789")
	})
}

func TestDefaultCapacityIsBounded(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		if err := a.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := a.Write(make([]byte, 1<<20))
		if n != defaultCapacity || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("without a reader a write is handed over up to %d bytes; got %d, %v", defaultCapacity, n, err)
		}
	})
}

func TestWritesDoNotMix(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.SetCapacity(3)
		var writers sync.WaitGroup
		for _, letter := range "abcd" {
			writers.Go(func() { write(t, a, strings.Repeat(string(letter), 10)) })
			synctest.Wait() // the first is in the middle, the others stand behind it
		}
		got := make([]byte, 40)
		for i := range got { // one byte at a time, so that each writer has its chance to push in
			if _, err := io.ReadFull(b, got[i:i+1]); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		writers.Wait()
		for i := 0; i < len(got); i += 10 {
			if !bytes.Equal(got[i:i+10], bytes.Repeat(got[i:i+1], 10)) {
				t.Fatalf("the bytes of one write stay together; got %s", got)
			}
		}
	})
}

func TestErrorsLookLikeThoseOfPackageNet(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.Reset()
		_, err := a.Read(make([]byte, 1))
		var op *net.OpError
		if !errors.As(err, &op) || op.Op != "read" || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("an error is a net.OpError with its cause inside; got %#v", err)
		}
	})
}
