package memconn

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

func TestConnSetReadDeadline(t *testing.T) {
	bubble(t, func(t *testing.T, a, _ *Conn) {
		start := time.Now()
		if err := a.SetReadDeadline(start.Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		_, err := a.Read(make([]byte, 1))
		var timeout net.Error
		if !errors.Is(err, os.ErrDeadlineExceeded) || !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("Read after its deadline returns %v, expected a timeout", err)
		}
		if waited := time.Since(start); waited != time.Second {
			t.Errorf("Read returns after %v, expected one second", waited)
		}
	})
}

func TestConnSetWriteDeadline(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.SetCapacity(2)
		if err := a.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		n, err := a.Write([]byte("1234"))
		if n != 2 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("Write after its deadline returns %d, %v; expected 2 and a timeout", n, err)
		}
		wantRead(t, b, "12")
	})
}

func TestConnSetDeadlinePast(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, b, "here")
		if err := a.SetDeadline(time.Now().Add(-time.Second)); err != nil {
			t.Fatal(err)
		}
		wantReadError(t, a, os.ErrDeadlineExceeded)
		wantWriteError(t, a, os.ErrDeadlineExceeded)
		if err := a.SetDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		wantRead(t, a, "here")
	})
}

func TestConnSetReadDeadlineDuringRead(t *testing.T) {
	bubble(t, func(t *testing.T, a, _ *Conn) {
		start := time.Now()
		if err := a.SetReadDeadline(start.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Second, func() {
			if err := a.SetReadDeadline(start.Add(2 * time.Second)); err != nil {
				t.Error(err)
			}
		})
		wantReadError(t, a, os.ErrDeadlineExceeded)
		if waited := time.Since(start); waited != 2*time.Second {
			t.Errorf("Read returns after %v, expected the changed deadline of 2 seconds", waited)
		}
	})
}

func TestConnSetDeadlineClosed(t *testing.T) {
	bubble(t, func(t *testing.T, a, _ *Conn) {
		closeNow(t, a)
		if err := a.SetDeadline(time.Now()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("SetDeadline after Close returns %v, expected net.ErrClosed", err)
		}
	})
}
