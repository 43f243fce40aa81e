package memconn

import (
	"errors"
	"io"
	"syscall"
	"testing"
	"testing/synctest"
)

func TestWhoDoesNotWaitIsToldOfChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		b.SetCapacity(4)
		told := 0
		a.Watch(func() { told++ })
		expectChange := func(what string) {
			t.Helper()
			synctest.Wait()
			if told == 0 {
				t.Errorf("%s is a change; it was not told", what)
			}
			told = 0
		}
		synctest.Wait()
		told = 0
		buf := make([]byte, 10)
		if _, err := a.TryRead(buf); !errors.Is(err, syscall.EAGAIN) {
			t.Errorf("with nothing to read TryRead answers EAGAIN; got %v", err)
		}
		_, _ = b.Write([]byte("hello"))
		expectChange("input")
		if n, err := a.TryRead(buf); n != 5 || err != nil {
			t.Errorf("TryRead reads what is there; got %d, %v", n, err)
		}
		if n, err := a.TryWrite([]byte("hello")); n != 4 || err != nil {
			t.Errorf("TryWrite writes what there is room for; got %d, %v", n, err)
		}
		if n, err := a.TryWrite([]byte("o")); n != 0 || !errors.Is(err, syscall.EAGAIN) {
			t.Errorf("without room TryWrite answers EAGAIN; got %d, %v", n, err)
		}
		synctest.Wait()
		told = 0
		_, _ = b.Read(buf)
		expectChange("room")
		_ = b.CloseWrite()
		expectChange("FIN")
		if _, err := a.TryRead(buf); !errors.Is(err, io.EOF) {
			t.Errorf("behind a FIN TryRead answers EOF; got %v", err)
		}
		_ = a.Close()
		synctest.Wait()
		if _, err := a.TryWrite([]byte("x")); err == nil {
			t.Error("a closed end cannot be written to")
		}
	})
}
