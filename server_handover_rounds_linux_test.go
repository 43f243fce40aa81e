package linger_test

import (
	"fmt"

	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger"
)

// An event in progress completes in the old process, and its connection moves after that with the messages that wait.
func TestHandoverEventInProgress(t *testing.T) {
	for what, async := range map[string]bool{"a handler that blocks": false, "a handler that has returned": true} {
		t.Run(what, func(t *testing.T) {
			begun, goOn := make(chan *linger.Socket, 1), make(chan struct{})
			from := serveTCP(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{Channels: []string{"lobby"}}, nil), OnMessage: func(m *linger.Message) {
				if m.String() == "hello" {
					_ = m.Socket.Send(linger.Text("hello"))
					return
				}
				finish := func() {
					<-goOn
					_ = m.Socket.Send(linger.Text("old " + m.String()))
					_ = m.Socket.SetData(m.String())
				}
				begun <- m.Socket
				if !async {
					finish()
					return
				}
				c := m.Async()
				go func() { finish(); c.Done() }()
			}}, linger.Options{})
			to := serveTCP(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) { _ = m.Socket.Send(linger.Text("new " + m.String())) }}, linger.Options{})
			busy, idle := from.opened(), from.opened()
			busy.text("1")
			old := <-begun
			busy.text("2")
			busy.text("3")
			h := startHandover(t, from, to, linger.HandoverOptions{}, linger.ReceiveOptions{})
			idle.text("x")
			idle.want("text new x")
			s := to.Socket(old.ID())
			if s == nil || from.Socket(old.ID()) != old {
				t.Fatal("the connection is known in both processes")
			}
			if err := s.Send(linger.Text("from the new process")); err != nil {
				t.Error(err)
			}
			busy.want("text from the new process")
			if err := s.Subscribe("later"); err != nil {
				t.Error(err)
			}
			waitFor(t, "the subscription reaches the old process", func() bool { return from.Subscribers("later") == 1 })
			for _, server := range []*service{to, from} {
				_, _ = server.Publish("lobby", linger.Text("news"))
				busy.want("text news")
				idle.want("text news")
			}
			close(goOn)
			busy.want("text old 1", "text new 2", "text new 3")
			if data, _ := linger.Data[string](s); data != "1" {
				t.Errorf("the event in progress has set the data to 1; got %q", data)
			}
			if report := h.end(); report.Moved != 2 || report.Rounds < 2 {
				t.Errorf("both have moved, in two rounds or more; got %+v", report)
			}
			if n := to.Subscribers("later"); n != 1 {
				t.Errorf("the subscription has moved; %d are subscribed", n)
			}
		})
	}
}

// waitFor waits until a condition holds.
func waitFor(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(what + "; it does not")
		}
	}
}

// An event that does not end is given up, and the connection goes on in the new process.
func TestHandoverGivesUpEvents(t *testing.T) {
	begun := make(chan *linger.Message, 1)
	opts, log := journal(0)
	from := serveTCP(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		m.Async()
		begun <- m
	}}, opts)
	to := serveTCP(t, linger.HandlerFuncs{OnMessage: echo}, linger.Options{})
	c := from.connect()
	c.text("1")
	m := <-begun
	c.text("2")
	h := startHandover(t, from, to, linger.HandoverOptions{Drain: 50 * time.Millisecond}, linger.ReceiveOptions{})
	c.want("text 2")
	if report := h.end(); report.GivenUp != 1 || report.Moved != 1 {
		t.Errorf("one event was given up; got %+v", report)
	}
	if !strings.Contains(log.String(), m.Socket.ID()) {
		t.Errorf("the log names the connection; got\n%s", log)
	}
	c.text("3")
	c.want("text 3")
}

// publications counts the numbers of each publisher that a client has received.
type publications map[string]int

// next notes a message such as "text a 17", which must follow "text a 16".
func (p publications) next(message string) error {
	name, number, _ := strings.Cut(strings.TrimPrefix(message, "text "), " ")
	n, err := strconv.Atoi(number)
	if err != nil || n != p[name]+1 {
		return fmt.Errorf("number %d of publisher %s is next after %v; got %q", p[name]+1, name, p, message)
	}
	p[name] = n
	return nil
}

// Every subscriber receives each publication of both processes once, and those of each publisher in order, while connections move
// that publish and subscribe.
func TestHandoverPublications(t *testing.T) {
	const subscribers, publishers, each = 20, 8, 150
	opts := linger.Options{SendQueue: 64 << 20, EventQueueMessages: 10_000}
	opts.KeepAlive = time.Minute
	begun, slow := make(chan struct{}), make(chan struct{}) // an event of publisher 0 has begun, and may end
	app := func(server **service) linger.HandlerFuncs {
		return linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) {
				opts := linger.AcceptOptions{}
				if u.Request.Header.Get("X-Subscribe") != "" {
					opts.Channels = []string{"lobby"}
				}
				_, _ = u.Accept(opts)
			},
			OnMessage: func(m *linger.Message) {
				if m.String() == "p0 20" {
					close(begun)
					<-slow
				}
				_, _ = (*server).Publish("lobby", m.Payload)
			},
		}
	}
	var from, to *service
	from = serveTCP(t, app(&from), opts)
	to = serveTCP(t, app(&to), opts)
	var readers, writers sync.WaitGroup
	total := (publishers + 2) * each
	for range subscribers {
		c := from.connect("X-Subscribe: yes")
		readers.Go(func() {
			seen := publications{}
			for range total {
				if err := seen.next(c.next()); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for i := range publishers {
		c := from.connect()
		writers.Go(func() {
			for n := range each {
				c.text(fmt.Sprintf("p%d %d", i, n+1))
				time.Sleep(100 * time.Microsecond)
			}
		})
	}
	publish := func(s *service, name string) {
		for n := range each {
			_, _ = s.Publish("lobby", linger.Text(fmt.Sprintf("%s %d", name, n+1)))
			time.Sleep(100 * time.Microsecond)
		}
	}
	var old sync.WaitGroup
	old.Go(func() { publish(from, "old") })
	<-begun // so that the old process exists until slow is closed
	h := startHandover(t, from, to, linger.HandoverOptions{}, linger.ReceiveOptions{})
	writers.Go(func() { publish(to, "new") })
	old.Wait() // the old process publishes nothing after its end
	close(slow)
	writers.Wait()
	h.end()
	readers.Wait()
}
