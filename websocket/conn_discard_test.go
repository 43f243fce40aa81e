package websocket

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/protocol"
)

func TestConnCloseDiscard(t *testing.T) {
	eachRole(t, Options{}, func(t *testing.T, near, far *Conn) {
		w, err := near.Writer(t.Context(), Text)
		if err != nil {
			t.Fatal(err)
		}
		blocked := make(chan error)
		go func() {
			var err error
			for err == nil { // until it waits for the send queue
				_, err = w.Write([]byte(strings.Repeat("x", 10_000)))
			}
			blocked <- err
		}()
		synctest.Wait()
		if _, ok := errors.AsType[*Misuse](near.CloseDiscard(1005, "")); !ok {
			t.Error("an illegal code must be a misuse")
		}
		if err := near.driver.CloseDiscard(4001, "enough"); err != nil { // the far end does not read yet
			t.Fatal(err)
		}
		ended := make(chan error)
		go func() { ended <- near.CloseDiscard(4002, "second") }()
		if err := <-blocked; !errors.Is(err, protocol.ErrClosing) {
			t.Errorf("a writer that waits for the send queue must return ErrClosing; got %v", err)
		}
		_, reader, err := far.Reader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, err = reader.Read(make([]byte, 1))
		for err == nil {
			_, err = reader.Read(make([]byte, 32<<10))
		}
		if e, ok := errors.AsType[*PeerClosed](err); !ok || e.Status != (Status{Code: 4001, Reason: "enough"}) {
			t.Errorf("the far end must read our first Close in the middle of the message; got %v", err)
		}
		if err := <-ended; err != nil {
			t.Errorf("the end must be clean; got %v", err)
		}
		if err := w.Close(); err == nil {
			t.Error("the message cannot be completed; closing its writer must return an error")
		}
	})
}
