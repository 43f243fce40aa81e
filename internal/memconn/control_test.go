package memconn

import (
	"testing"
	"testing/synctest"
)

func TestShortReads(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.SetReadSize(2)
		write(t, a, "12345")
		for _, want := range []int{2, 2, 1} {
			if n, err := b.Read(make([]byte, 10)); n != want || err != nil {
				t.Errorf("each read returns at most 2 bytes, this one %d; got %d, %v", want, n, err)
			}
		}
	})
}

func TestPieces(t *testing.T) {
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
				t.Errorf("the reader sees one piece at a time, this time %q; got %q, %v", want, room[:n], err)
			}
		}
		synctest.Wait()
		if !done {
			t.Error("the write ends when its last piece is handed over")
		}
	})
}

func TestCallsAreCounted(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		write(t, a, "1")
		write(t, a, "2")
		wantRead(t, b, "12")
		wantRead(t, b, "")
		if a.Writes() != 2 || b.Reads() != 1 || a.Reads() != 0 || b.Writes() != 0 {
			t.Errorf("two writes and one read were called; counted were %d and %d", a.Writes(), b.Reads())
		}
	})
}

func TestCapacityIsAtLeastOne(t *testing.T) {
	bubble(t, func(t *testing.T, a, b *Conn) {
		b.SetCapacity(0)
		write(t, a, "1")
	})
}
