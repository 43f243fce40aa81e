package websocket

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

// lame is a transport that cannot begin.
type lame struct{ *told }

var errLame = errors.New("no room")

func (lame) begin(*Driver) error { return errLame }

func TestATransportThatCannotBeginEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		defer func() { _ = b.Close() }()
		heard := &recorder{}
		d := NewDriver(lame{&told{streamTransport{nc: a}, a}}, protocol.Server, nil, Options{KeepAlive: -1})
		d.Start(heard)
		synctest.Wait()
		if got := strings.Join(heard.take(), "\n"); !strings.Contains(got, "transport") || !a.Closed() {
			t.Errorf("the end is told, and the transport closed; got %q", got)
		}
	})
}

// batcher notes the calls of BatchEnd among the others.
type batcher struct{ *recorder }

func (b batcher) Batch(d *Driver, events []protocol.Event) (pending bool) {
	for _, ev := range events {
		b.Message(d, ev)
		pending = pending || string(ev.Payload) != "nothing"
	}
	return pending
}

func (b batcher) BatchEnd(d *Driver) {
	b.note("batch end")
	_, _ = d.Send(protocol.Text, []byte("done"))
}

func TestABatcherIsToldOfTheEndOfEachBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		h := batcher{&recorder{}}
		d := NewDriver(&told{streamTransport{nc: a}, a}, protocol.Server, nil, Options{KeepAlive: -1})
		d.Start(h)
		writes := a.Writes()
		_, _ = b.Write(append(textFrame("one"), textFrame("two")...))
		synctest.Wait()
		want := "message text \"one\" message text \"two\" batch end"
		if got := strings.Join(h.take(), " "); got != want || !d.Batches() {
			t.Errorf("the end of a batch follows all of it: %s; got %s", want, got)
		}
		if n := a.Writes() - writes; n != 1 || b.Unread() != 6 {
			t.Errorf("what is sent then leaves in one write; there were %d, of %d bytes", n, b.Unread())
		}
		_, _ = b.Write(textFrame("nothing"))
		synctest.Wait()
		_ = b.Close()
		synctest.Wait()
		if got := strings.Join(h.take(), " "); strings.Contains(got, "batch end") {
			t.Errorf("where nothing is pending no end is told; got %s", got)
		}
	})
}

func TestABatcherOnABlockingTransportIsNotToldOfBatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := memconn.Pipe()
		h := batcher{&recorder{}}
		d := NewDriver(a, protocol.Server, nil, Options{KeepAlive: -1})
		d.Start(h)
		_, _ = b.Write(textFrame("one"))
		synctest.Wait()
		if got := strings.Join(h.take(), " "); got != "message text \"one\"" || d.Batches() {
			t.Errorf("it has the message only, and is asked to hand it on at once; got %s", got)
		}
		_ = b.Close()
		synctest.Wait()
	})
}
