package memconn

import (
	"testing"
	"testing/synctest"
)

func TestConnSetReadSize(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.SetReadSize(2)
		write(t, a, "12345")
		for _, want := range []int{2, 2, 1} {
			if n, err := b.Read(make([]byte, 10)); n != want || err != nil {
				t.Errorf("Read returns %d, %v; expected %d", n, err, want)
			}
		}
	})
}

func TestConnSetPieceSize(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		a.SetPieceSize(2)
		done := false
		go func() {
			write(t, a, "12345")
			done = true
		}()
		for _, want := range []string{"12", "34", "5"} {
			synctest.Wait()
			room := make([]byte, 10)
			if n, err := b.Read(room); string(room[:n]) != want || err != nil {
				t.Errorf("Read returns %q with error %v, expected the piece %q", room[:n], err, want)
			}
		}
		synctest.Wait()
		if !done {
			t.Error("Write has not returned after its last piece was sent")
		}
	})
}

func TestConnReadsWrites(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "1")
		write(t, a, "2")
		wantRead(t, b, "12")
		wantRead(t, b, "")
		if a.Writes() != 2 || b.Reads() != 1 || a.Reads() != 0 || b.Writes() != 0 {
			t.Errorf("after two writes and one read, Writes returns %d and Reads %d", a.Writes(), b.Reads())
		}
	})
}

func TestConnSetCapacityMinimum(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.SetCapacity(0)
		write(t, a, "1")
	})
}
