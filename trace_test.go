package linger_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// traceRecorder records the calls of a trace as text.
type traceRecorder struct {
	mu    sync.Mutex
	calls []string
}

func (r *traceRecorder) add(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, fmt.Sprintf(format, args...))
}

// take returns the calls since the last take, once nothing else happens in the bubble.
func (r *traceRecorder) take() []string {
	synctest.Wait()
	r.mu.Lock()
	defer r.mu.Unlock()
	calls := r.calls
	r.calls = nil
	return calls
}

// want fails the test if the calls since the last take are not the wanted ones.
func (r *traceRecorder) want(t *testing.T, want ...string) {
	t.Helper()
	if got := r.take(); !slices.Equal(got, want) {
		t.Errorf("the trace must be called with\n%s\ngot\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
}

// trace returns a trace that records its calls. Each call asks for the statistics of its socket, which must not block.
func (r *traceRecorder) trace() *linger.Trace {
	return &linger.Trace{
		Opened:   func(s *linger.Socket) { s.Stats(); r.add("opened") },
		Refused:  func(_ *http.Request, status int, reason string) { r.add("refused %d %s", status, reason) },
		Received: func(s *linger.Socket, p linger.Payload) { s.Stats(); r.add("received %s", p) },
		Sent:     func(s *linger.Socket, p linger.Payload) { s.Stats(); r.add("sent %s", p) },
		Published: func(channel string, p linger.Payload, receivers int) {
			r.add("published %s on %s to %d", p, channel, receivers)
		},
		Handled: func(s *linger.Socket, event string, times linger.EventTimes) {
			if s == nil {
				event += " of no socket"
			} else {
				s.Stats()
			}
			r.add("handled %s %v %v %v", event, times.Waited, times.Duration, times.Failed)
		},
		Slow:   func(s *linger.Socket, p linger.Policy) { s.Stats(); r.add("slow %d", p) },
		Pong:   func(s *linger.Socket, took time.Duration) { s.Stats(); r.add("pong %v", took) },
		Closed: func(s *linger.Socket, end driver.Outcome) { s.Stats(); r.add("closed %s", end.Cause) },
	}
}

func TestTraceOfConnection(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var r traceRecorder
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) {
				time.Sleep(time.Second)
				socket, _ := u.Accept(linger.AcceptOptions{Channels: []string{"news"}})
				_ = socket.Send(linger.Text("hello"))
			},
			OnMessage: func(m *linger.Message) {
				time.Sleep(2 * time.Second)
				echo(m)
			},
		}, linger.Options{Trace: r.trace(), Stats: true})
		c := s.connect()
		r.want(t, "sent hello", "opened", "handled upgrade 0s 1s false")
		c.text("a")
		synctest.Wait()
		c.text("b")
		c.want("text hello", "text a", "text b")
		r.want(t, "received a", "received b", "sent a", "handled message 0s 2s false", "sent b", "handled message 2s 2s false")
		if n, err := s.Publish("news", linger.Text("new")); n != 1 || err != nil {
			t.Errorf("the subscriber must take it; got %d, %v", n, err)
		}
		r.want(t, "sent new", "published new on news to 1")
		c.want("text new")
		c.leave()
		s.end()
		r.want(t, "closed close", "handled close 0s 0s false")
	})
}

func TestTraceOfHandlers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var r traceRecorder
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) {
				switch u.Request.Header.Get("X-Do") {
				case "respond":
					_ = u.Respond(http.NotFound)
				case "fail":
					u.Fail(http.StatusInternalServerError, "failed")
				case "panic":
					panic("as intended")
				default:
					_, _ = u.Accept(linger.AcceptOptions{HalfOpen: true})
				}
			},
			OnMessage: func(m *linger.Message) {
				if m.String() == "panic" {
					panic("as intended")
				}
				done := m.Async()
				time.AfterFunc(time.Minute, done.Done)
			},
			OnPeerClose: func(p *linger.PeerClose) { p.Socket.AnswerClose() },
			OnClose:     func(*linger.Close) { time.Sleep(time.Second) },
		}, linger.Options{Options: driver.Options{KeepAlive: -1}, Trace: r.trace()})
		for do, want := range map[string]string{
			"respond": "handled upgrade of no socket 0s 0s false",
			"fail":    "handled upgrade of no socket 0s 0s true",
			"panic":   "handled upgrade of no socket 0s 0s true",
		} {
			s.client().request("X-Do: " + do)
			r.want(t, want)
		}
		c := s.connect()
		r.want(t, "opened", "handled upgrade 0s 0s false")
		c.text("later")
		synctest.Wait()
		c.text("panic")
		r.want(t, "received later", "received panic")
		time.Sleep(time.Minute)
		r.want(t, "handled message 0s 1m0s false", "handled message 1m0s 0s true")
		c.want("close 1011 internal error")
		c.close(1011, "")
		s.end()
		r.take()
		c = s.connect()
		r.want(t, "opened", "handled upgrade 0s 0s false")
		c.close(1000, "")
		s.end()
		r.want(t, "handled peerclose 0s 0s false", "closed close", "handled close 0s 1s false")
	})
}

func TestTraceRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var r traceRecorder
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			switch u.Request.Header.Get("X-Do") {
			case "nothing":
			case "wait":
				<-u.Request.Context().Done()
			default:
				_, _ = u.Accept(linger.AcceptOptions{})
			}
		}}, linger.Options{Trace: r.trace(), MaxConnections: 1})
		s.client().request("Origin: https://elsewhere.example")
		r.want(t, "refused 403 origin")
		s.client().request("X-Do: nothing")
		r.want(t, "refused 500 unanswered", "handled upgrade of no socket 0s 0s false")
		s.client().request("X-Do: wait")
		r.want(t, "refused 504 upgrade-timeout", "handled upgrade of no socket 0s 30s false")
		c := s.connect()
		r.take()
		s.client().request()
		r.want(t, "refused 503 max-connections")
		c.leave()
		s.end()
		s.wantEmpty()
		if err := s.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		r.take()
		s.client().request()
		r.want(t, "refused 503 shutdown")
	})
}

func TestTraceSlow(t *testing.T) {
	for policy, want := range map[linger.Policy][]string{
		linger.PolicyClose: {"slow 0", "closed slow"},
		linger.PolicyDrop:  {"slow 1", "slow 1", "closed stalled"},
		linger.PolicyBlock: {"slow 2", "closed stalled"},
	} {
		bubble(t, func(t *testing.T) {
			var r traceRecorder
			sockets := make(chan *linger.Socket, 1)
			trace := r.trace()
			trace.Sent, trace.Handled, trace.Opened = nil, nil, nil
			s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, sockets)},
				linger.Options{Trace: trace, Policy: policy, SendQueue: 1 << 10})
			s.connect()
			socket := <-sockets
			for range 3 { // the first is being written, the second fills the queue
				_ = socket.Send(linger.Text(text(1 << 20)))
			}
			s.end()
			r.want(t, want...)
		})
	}
}

func TestTracePong(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var r traceRecorder
		sockets := make(chan *linger.Socket, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, sockets)}, linger.Options{Trace: r.trace()})
		c := s.connect()
		r.take()
		c.want("ping")
		time.Sleep(120 * time.Millisecond)
		for range 2 { // the second answers nothing
			c.write(frame(protocol.Pong, nil))
		}
		r.want(t, "pong 120ms")
		if got := (<-sockets).Stats().RoundTrip; got != 120*time.Millisecond {
			t.Errorf("Stats must have the round trip; got %v", got)
		}
	})
}

func TestServerSnapshot(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var r traceRecorder
		sockets := make(chan *linger.Socket, 8)
		proceed := make(chan bool)
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) {
				socket, _ := u.Accept(linger.AcceptOptions{Channels: []string{"a", "b"}})
				if sockets <- socket; u.Request.Header.Get("X-Do") == "wait" {
					<-proceed
				}
			},
			OnMessage: func(*linger.Message) { <-proceed },
			OnClose:   func(*linger.Close) { <-proceed },
		}, linger.Options{Trace: r.trace(), MaxMemory: 1 << 30})
		s.connect()
		busy := s.connect()
		busy.text("in progress")
		synctest.Wait()
		busy.text("waits")
		synctest.Wait()
		time.Sleep(time.Second)
		s.client().ask("X-Do: wait")
		synctest.Wait() // for its place in sockets
		s.connect().close(1000, "")
		closing := s.connect()
		for range 4 {
			<-sockets
		}
		socket := <-sockets
		_ = socket.Close(1000, "")
		_ = closing
		synctest.Wait()
		got := s.Snapshot()
		want := linger.Snapshot{
			Upgrading: 1, Opening: 1, Open: 2, Closing: 1, Closed: 1, InProgress: 2, Waiting: 1, LongestWait: time.Second,
			Channels: 2, Subscriptions: 10, MaxMemory: 1 << 30,
		}
		want.Memory = got.Memory // of the message that waits
		if got != want || got.Memory == 0 || got.Connections() != 5 {
			t.Errorf("the snapshot must be\n%+v\ngot\n%+v", want, got)
		}
		close(proceed)
	})
}

func TestTraces(t *testing.T) {
	if linger.Traces(nil, nil) != nil {
		t.Error("traces that are all nil must be no trace")
	}
	var order []string
	note := func(name string) *linger.Trace {
		add := func(what string) { order = append(order, name+" "+what) }
		return &linger.Trace{
			Opened:    func(*linger.Socket) { add("opened") },
			Refused:   func(*http.Request, int, string) { add("refused") },
			Received:  func(*linger.Socket, linger.Payload) { add("received") },
			Sent:      func(*linger.Socket, linger.Payload) { add("sent") },
			Published: func(string, linger.Payload, int) { add("published") },
			Handled:   func(*linger.Socket, string, linger.EventTimes) { add("handled") },
			Slow:      func(*linger.Socket, linger.Policy) { add("slow") },
			Pong:      func(*linger.Socket, time.Duration) { add("pong") },
			Closed:    func(*linger.Socket, driver.Outcome) { add("closed") },
		}
	}
	joined := linger.Traces(nil, note("a"), &linger.Trace{}, note("b"))
	joined.Opened(nil)
	joined.Refused(nil, 0, "")
	joined.Received(nil, linger.Payload{})
	joined.Sent(nil, linger.Payload{})
	joined.Published("", linger.Payload{}, 0)
	joined.Handled(nil, "", linger.EventTimes{})
	joined.Slow(nil, 0)
	joined.Pong(nil, 0)
	joined.Closed(nil, driver.Outcome{})
	want := "a opened, b opened, a refused, b refused, a received, b received, a sent, b sent, a published, b published, " +
		"a handled, b handled, a slow, b slow, a pong, b pong, a closed, b closed"
	if got := strings.Join(order, ", "); got != want {
		t.Errorf("the traces must be called in order:\n%s\ngot\n%s", want, got)
	}
}
