package worker

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

// fakeTransport records when it is closed, and has no connection.
type fakeTransport struct {
	began time.Time
	mu    sync.Mutex
	fate  fate
}

type fate struct {
	closed, cut time.Duration
	code        protocol.CloseCode
	closes      int
}

func (w *fakeTransport) now() fate {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.fate
}

func (w *fakeTransport) send(linger.Payload) {}
func (w *fakeTransport) closeEmpty()         {}
func (w *fakeTransport) answerClose()        {}
func (w *fakeTransport) buffered() int       { return 0 }
func (w *fakeTransport) closeNow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fate.cut = time.Since(w.began)
}

func (w *fakeTransport) close(code protocol.CloseCode, _ string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fate.closed, w.fate.code, w.fate.closes = time.Since(w.began), code, w.fate.closes+1
}

// withSockets returns an instance with WebSocket objects.
func withSockets(count int) (*instance, []*fakeTransport) {
	in := newIdleInstance(newIdleWorker())
	transports := make([]*fakeTransport, count)
	for i := range transports {
		transports[i] = &fakeTransport{began: time.Now()}
		in.sockets.addObject(transports[i], nil)
	}
	return in, transports
}

func TestJSSocketsCloseForRestartSpreadsTheCloses(t *testing.T) {
	for count, spread := range map[int][2]time.Duration{
		100:    {50 * time.Millisecond, 200 * time.Millisecond},
		10_000: {1500 * time.Millisecond, 5 * time.Second},
		60_000: {0, 0}, // too many to be spread
	} {
		synctest.Test(t, func(t *testing.T) {
			in, transports := withSockets(count)
			done := make(chan struct{})
			go func() {
				defer close(done)
				in.sockets.closeForRestart(in.sockets.beginRestart(), 10*time.Second)
			}()
			time.Sleep(9 * time.Second)
			synctest.Wait()
			var last time.Duration
			for _, w := range transports {
				w := w.now()
				if w.closes != 1 || w.code != protocol.CloseServiceRestart || w.cut != 0 {
					t.Fatalf("each of %d sockets is closed once, with 1012, and is not aborted yet; got %+v", count, w)
				}
				last = max(last, w.closed)
			}
			if last < spread[0] || last > spread[1] {
				t.Errorf("%d sockets are closed within %v; it took %v", count, spread, last)
			}
			time.Sleep(2 * time.Second)
			synctest.Wait()
			for _, w := range transports {
				w := w.now()
				if w.cut != 10*time.Second {
					t.Fatalf("a socket that is open after 10 s is aborted; got %v", w.cut)
				}
			}
			in.closeSockets()
			<-done
		})
	}
}

func TestInstanceCloseSocketsHasACodeForEachReason(t *testing.T) {
	for want, end := range map[protocol.CloseCode]func(in *instance){
		protocol.CloseInternalError:  func(*instance) {},
		protocol.CloseServiceRestart: func(in *instance) { close(in.retired) },
		protocol.CloseGoingAway:      func(in *instance) { close(in.worker.stopping) },
	} {
		in, transports := withSockets(2)
		end(in)
		in.closeSockets()
		in.closeSockets() // an instance may be abandoned and end later
		for _, w := range transports {
			w := w.now()
			if w.closes != 1 || w.code != want {
				t.Errorf("each socket is closed once, with %d; got %+v", want, w)
			}
		}
		if !closed(in.sockets.ended) || len(in.sockets.byNumber) != 0 {
			t.Error("the instance has released its sockets")
		}
	}
}
