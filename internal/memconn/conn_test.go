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

// bubble runs a test with a connection in a synctest bubble.
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
		t.Fatalf("Write of %.20q returns %d, %v", text, n, err)
	}
}

func wantRead(t *testing.T, c net.Conn, want string) {
	t.Helper()
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != want {
		t.Fatalf("the data is %.20q with error %v, expected %.20q", got[:n], err, want)
	}
}

func wantReadError(t *testing.T, c net.Conn, want error) {
	t.Helper()
	if n, err := c.Read(make([]byte, 10)); n != 0 || !errors.Is(err, want) {
		t.Fatalf("Read returns %d, %v; expected the error %v", n, err, want)
	}
}

func wantWriteError(t *testing.T, c net.Conn, want error) {
	t.Helper()
	if n, err := c.Write([]byte("late")); n != 0 || !errors.Is(err, want) {
		t.Fatalf("Write returns %d, %v; expected the error %v", n, err, want)
	}
}

func TestConnReadWrite(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "hello")
		write(t, b, "goodbye")
		wantRead(t, b, "hello")
		wantRead(t, a, "goodbye")
		if a.RemoteAddr() != b.LocalAddr() || a.LocalAddr() != b.RemoteAddr() {
			t.Error("the remote address of an end is not the local address of the other")
		}
	})
}

func TestConnReadBlocks(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		start := time.Now()
		time.AfterFunc(time.Minute, func() { write(t, b, "late") })
		wantRead(t, a, "late")
		if waited := time.Since(start); waited != time.Minute {
			t.Errorf("Read returns after %v, expected one minute", waited)
		}
	})
}

func TestConnReadEmptyBuffer(t *testing.T) {
	bubble(t, func(t *testing.T, a, _ *Conn) {
		if n, err := a.Read(nil); n != 0 || err != nil {
			t.Errorf("Read with an empty buffer returns %d, %v", n, err)
		}
	})
}

func TestConnWriteBlocks(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.SetCapacity(4)
		done := false
		go func() {
			write(t, a, "0123456789")
			done = true
		}()
		synctest.Wait()
		if done || b.Unread() != 4 {
			t.Fatalf("with a capacity of 4 a write of 10 bytes has returned: %v, and sent %d bytes", done, b.Unread())
		}
		wantRead(t, b, "0123456")
		synctest.Wait()
		if !done {
			t.Error("a write has not returned when there is room for its last byte")
		}
		wantRead(t, b, "789")
	})
}

func TestConnDefaultCapacity(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		if err := a.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := a.Write(make([]byte, 1<<20))
		if n != defaultCapacity || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("without a reader a write returns %d, %v; expected %d bytes", n, err, defaultCapacity)
		}
	})
}

func TestConnConcurrentWrites(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.SetCapacity(3)
		var writers sync.WaitGroup
		for _, letter := range "abcd" {
			writers.Go(func() { write(t, a, strings.Repeat(string(letter), 10)) })
			synctest.Wait() // the first write is in progress, and the others wait for it
		}
		got := make([]byte, 40)
		for i := range got { // read one byte at a time, so that each writer could continue
			if _, err := io.ReadFull(b, got[i:i+1]); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		writers.Wait()
		for i := 0; i < len(got); i += 10 {
			if !bytes.Equal(got[i:i+10], bytes.Repeat(got[i:i+1], 10)) {
				t.Fatalf("the bytes of different writes are interleaved: %s", got)
			}
		}
	})
}

func TestConnErrors(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.Reset()
		_, err := a.Read(make([]byte, 1))
		var op *net.OpError
		if !errors.As(err, &op) || op.Op != "read" || !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the error is %#v, expected a net.OpError that wraps ECONNRESET", err)
		}
	})
}
