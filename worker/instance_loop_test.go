package worker

import (
	"context"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker/internal/script"
)

// clockOf returns how long an event loop waits with the clock that setClock sets, at most an hour.
func clockOf(in *instance) time.Duration {
	clock := time.NewTimer(time.Hour)
	defer clock.Stop()
	began := time.Now()
	in.setClock(clock)
	<-clock.C
	return time.Since(began)
}

func TestInstanceSetClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &generation{configuration: &configuration{opts: Options{SleepAfter: time.Minute}}}
		in := &instance{worker: newIdleWorker(), app: &App{}, generation: g, retired: make(chan struct{})}
		in.postponeSleep()
		if got := clockOf(in); got != time.Minute {
			t.Errorf("without timers the loop wakes up after SleepAfter; got %v", got)
		}
		in.postponeSleep()
		in.timers.Set(1, time.Second, false)
		if got := clockOf(in); got != time.Second {
			t.Errorf("the loop wakes up for a timer that is due before that; got %v", got)
		}
		in.timers.Clear(1)
		in.timers.Set(1, 10*time.Minute, false)
		close(in.retired)
		if got := clockOf(in); got != 10*time.Minute {
			t.Errorf("a retired instance does not sleep, so its loop wakes up for the timer only; got %v", got)
		}
		in.timers.Clear(1)
		if got := clockOf(in); got != time.Hour {
			t.Errorf("a retired instance without timers waits for events only; got %v", got)
		}
	})
}

func TestInstanceRetiredReturnsWhatItTakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newIdleWorker()
		in := &instance{worker: w, app: w.app, runtime: &fakeRuntime{}, retired: make(chan struct{})}
		close(in.retired)
		e := newEvent("fetch", nil)
		w.tasks.add(e)
		if got := in.nextTask(); got != nil {
			t.Errorf("nextTask returns no event for a retired instance; got %v", got)
		}
		in.handlePost(&script.Post{Channel: "news"})
		if got := w.tasks.next(); got != e {
			t.Errorf("the event is in the queue again; got %v", got)
		}
		if got := <-w.posts; got.Channel != "news" {
			t.Errorf("the post is in the queue again; got %v", got)
		}
		for range maxPosts + 1 {
			in.handlePost(&script.Post{Channel: "news"})
		}
		close(w.ended) // ends requeuePost
	})
}

// busyRuntime is a runtime without an engine. It handles each event within its turn, and echoes messages, for each of which it
// takes a quarter of drainTime. During the message busyAt it sets a timer that is due at once, and another worker posts to it.
type busyRuntime struct {
	*fakeRuntime
	messages int // the number of messages that were handled

	timer, post int // the number of messages that were handled before the timer and before the post
}

// busyAt is the number of a message that arrives while many others wait.
const busyAt = 100

func (b *busyRuntime) Dispatch(_ time.Time, id int, e script.Event) error {
	switch e := e.(type) {
	case *script.Message:
		if b.messages++; b.messages == busyAt {
			b.host.SetTimer(1, 0, false)
			host, _ := b.host.(*hostAPI)
			host.worker.queuePost(&script.Post{Channel: "channel"})
		}
		time.Sleep(drainTime / 4)
		defer b.host.Done(id)
		return b.host.Send(e.Connection, linger.Text(string(e.Payload.Data)))
	case *script.Timer:
		b.timer = b.messages
	case *script.Post:
		b.post = b.messages
	default:
		return b.handle(id, e)
	}
	return nil
}

// flood sends messages as fast as the connection accepts them, and reads as many.
func flood(t *testing.T, c *websocket.Conn, messages int) {
	go func() {
		for range messages {
			if err := c.Write(t.Context(), websocket.Text, []byte("hello")); err != nil {
				t.Error(err)
			}
		}
	}()
	for range messages {
		if _, _, err := c.Read(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

// The messages of one connection wait for each other in the queue of its socket, those of several connections in the queue of
// the worker, so neither queue is ever empty.
func TestInstanceLoopUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		t.Cleanup(func() { time.Sleep(time.Minute) }) // fake time, in which the last goroutines end
		path := filepath.Join(t.TempDir(), "app.js")
		if err := os.WriteFile(path, []byte(`"use v1"; console.log();`), 0o600); err != nil {
			t.Fatal(err)
		}
		busy := &busyRuntime{}
		a, err := load(path, Options{Workers: 1, Logger: slog.New(slog.DiscardHandler)}, func(host script.Host, app script.Application) script.Runtime {
			busy.fakeRuntime, _ = launchFake(host, app).(*fakeRuntime)
			return busy
		}, false)
		if err != nil {
			t.Fatal(err)
		}
		l := memconn.Listen()
		server := &http.Server{Handler: a, ErrorLog: log.New(io.Discard, "", 0)}
		go func() { _ = server.Serve(l) }()
		defer func() {
			_ = a.Shutdown(t.Context())
			_ = server.Close()
		}()
		const messages = 500 // of each connection
		var connections [2]*websocket.Conn
		for i := range connections {
			c, err := websocket.Dial(t.Context(), "ws://127.0.0.1", &websocket.DialOptions{
				NetDial: func(context.Context, string, string) (net.Conn, error) { return l.Dial() },
			})
			if err != nil {
				t.Fatal(err)
			}
			defer c.CloseNow()
			connections[i] = c
		}
		for _, c := range connections {
			go flood(t, c, messages)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if all := len(connections) * messages; busy.messages != all {
			t.Errorf("all messages are handled; got %d of %d", busy.messages, all)
		}
		if busy.timer < busyAt || busy.timer > busyAt+10 {
			t.Errorf("a timer that is due is handled soon, while messages wait; it was set at message %d, and handled after %d", busyAt, busy.timer)
		}
		if busy.post < busyAt || busy.post == busy.messages {
			t.Errorf("a post is handled while messages wait; it arrived at message %d, and was handled after %d", busyAt, busy.post)
		}
	})
}
