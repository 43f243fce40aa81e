package driver

import (
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

func TestBudgetCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		exceeded := 0
		b := NewBudget(1000, func() { exceeded++ })
		near, far := memconn.Pipe()
		far.SetCapacity(10)
		d := New(near, protocol.Server, nil, Options{Budget: b})
		d.Start(newEnds())
		if b.Used() != 0 {
			t.Errorf("an idle connection must not count; got %d", b.Used())
		}
		_, _ = d.Send(protocol.Text, make([]byte, 900))
		synctest.Wait()
		if got := b.Used(); got != int64(d.Queued()) || got < 800 || exceeded > 0 {
			t.Errorf("the send queue must count; got %d, exceeded %d times", got, exceeded)
		}
		_, _ = far.Write([]byte{0x02, 0xFE, 1, 0, 0, 0, 0, 0, 'a', 'b', 'c'}) // the first 3 of 256 bytes
		synctest.Wait()
		if got := b.Used(); got != int64(d.Holding()) || d.Holding() <= d.Queued() {
			t.Errorf("the received part of a message must count; got %d, of which %d are queued", got, d.Queued())
		}
		_, _ = d.Send(protocol.Text, make([]byte, 900))
		if exceeded == 0 {
			t.Error("an addition above the limit must be reported; it was not")
		}
		d.CloseNow()
		synctest.Wait()
		if b.Used() != 0 || d.Holding() != 0 {
			t.Errorf("a connection that has ended must not count; got %d", b.Used())
		}
		_ = far.Close()
	})
}
