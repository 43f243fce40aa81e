package worker

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// fakeWire notes when it is closed, and does nothing about it.
type fakeWire struct {
	began time.Time
	mu    sync.Mutex
	fate  fate
}

type fate struct {
	closed, cut time.Duration
	code        protocol.CloseCode
	closes      int
}

func (w *fakeWire) now() fate {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fate
}

func (w *fakeWire) send(linger.Payload) {}
func (w *fakeWire) closeEmpty()         {}
func (w *fakeWire) answerClose()        {}
func (w *fakeWire) buffered() int       { return 0 }
func (w *fakeWire) closeNow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fate.cut = time.Since(w.began)
}

func (w *fakeWire) close(code protocol.CloseCode, _ string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fate.closed, w.fate.code, w.fate.closes = time.Since(w.began), code, w.fate.closes+1
}

// lined is an engine with so many lines, without anything to run on.
func lined(count int) (*instance, []*fakeWire) {
	w := newIdleWorker()
	w.app.opts.Server.ShutdownTimeout = 10 * time.Second
	in := &instance{worker: w, app: w.app, lines: map[int]*line{}, gone: make(chan struct{}), retired: make(chan struct{})}
	wires := make([]*fakeWire, count)
	for i := range wires {
		wires[i] = &fakeWire{began: time.Now()}
		in.join(wires[i], nil)
	}
	return in, wires
}

func TestLinesOfARetiredEngineAreClosedOneAfterTheOther(t *testing.T) {
	for count, spread := range map[int][2]time.Duration{
		100:    {50 * time.Millisecond, 200 * time.Millisecond},
		10_000: {1500 * time.Millisecond, 5 * time.Second},
		60_000: {0, 0}, // too many to wait after each
	} {
		synctest.Test(t, func(t *testing.T) {
			in, wires := lined(count)
			done := make(chan struct{})
			go func() {
				defer close(done)
				in.closeLines()
			}()
			time.Sleep(9 * time.Second)
			synctest.Wait()
			var last time.Duration
			for _, w := range wires {
				w := w.now()
				if w.closes != 1 || w.code != protocol.CloseServiceRestart || w.cut != 0 {
					t.Fatalf("each of %d is closed once, with 1012, and has time to end; got %+v", count, w)
				}
				last = max(last, w.closed)
			}
			if last < spread[0] || last > spread[1] {
				t.Errorf("%d are closed within %v; it took %v", count, spread, last)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			for _, w := range wires {
				w := w.now()
				if w.cut != 10*time.Second {
					t.Fatalf("what is left after 10s is cut off; got %v", w.cut)
				}
			}
			in.hangUp()
			<-done
		})
	}
}

func TestWhatPeersAreToldDependsOnHowAnEngineEnds(t *testing.T) {
	for want, end := range map[protocol.CloseCode]func(in *instance){
		protocol.CloseInternalError:  func(*instance) {},
		protocol.CloseServiceRestart: func(in *instance) { close(in.retired) },
		protocol.CloseGoingAway:      func(in *instance) { close(in.worker.halt) },
	} {
		in, wires := lined(2)
		end(in)
		in.hangUp()
		in.hangUp() // it may be given up first, and end later
		for _, w := range wires {
			w := w.now()
			if w.closes != 1 || w.code != want {
				t.Errorf("each is closed once, with %d; got %+v", want, w)
			}
		}
		if !closed(in.gone) || len(in.lines) != 0 {
			t.Error("nobody waits for the engine any more")
		}
	}
}
