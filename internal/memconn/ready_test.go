package memconn

import (
	"errors"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
)

func TestConnWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		b.SetCapacity(4)
		calls := 0
		a.Watch(func() { calls++ })
		expectChange := func(what string) {
			t.Helper()
			synctest.Wait()
			if calls == 0 {
				t.Errorf("Watch does not report %s", what)
			}
			calls = 0
		}
		synctest.Wait()
		calls = 0
		buf := make([]byte, 10)
		if _, err := a.TryRead(buf); !errors.Is(err, syscall.EAGAIN) {
			t.Errorf("TryRead without data returns %v, expected EAGAIN", err)
		}
		_, _ = b.Write([]byte("hello"))
		expectChange("input")
		if n, err := a.TryRead(buf); n != 5 || err != nil {
			t.Errorf("TryRead returns %d, %v; expected 5", n, err)
		}
		if n, err := a.TryWrite([]byte("hello")); n != 4 || err != nil {
			t.Errorf("TryWrite with room for 4 bytes returns %d, %v; expected 4", n, err)
		}
		if n, err := a.TryWrite([]byte("o")); n != 0 || !errors.Is(err, syscall.EAGAIN) {
			t.Errorf("TryWrite without room returns %d, %v; expected EAGAIN", n, err)
		}
		synctest.Wait()
		calls = 0
		_, _ = b.Read(buf)
		expectChange("room")
		_ = b.CloseWrite()
		expectChange("FIN")
		if _, err := a.TryRead(buf); !errors.Is(err, io.EOF) {
			t.Errorf("TryRead after a FIN returns %v, expected io.EOF", err)
		}
		_ = a.Close()
		synctest.Wait()
		if _, err := a.TryWrite([]byte("x")); err == nil {
			t.Error("TryWrite after Close returns no error")
		}
	})
}
