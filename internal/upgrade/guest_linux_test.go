package upgrade

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

// guest is a connection that sends commands to the application and expects texts.
type guest struct {
	t     *testing.T
	peer  *peer
	id    string // the id of the connection on the server
	texts chan string
	gate  sync.Mutex       // held while the client does not read
	end   protocol.Outcome // valid when texts is closed
	err   error            // of the transport; valid when texts is closed
}

// enter opens a connection.
func (s *server) enter(d endpoint) *guest {
	s.t.Helper()
	if d.address == "" {
		d.address = s.address
	}
	p, err := d.dial()
	if err != nil {
		s.t.Fatal(err)
	}
	g := &guest{t: s.t, peer: p, texts: make(chan string, 1<<16)}
	s.t.Cleanup(p.abort)
	go g.read()
	g.id = strings.TrimPrefix(g.next(), "id ")
	return g
}

// enterSlowReader opens a connection whose client does not read until resume.
func (s *server) enterSlowReader() *guest {
	s.t.Helper()
	g := s.enter(endpoint{narrow: true})
	g.gate.Lock()
	return g
}

// resume reads again.
func (g *guest) resume() { g.gate.Unlock() }

// described is a part of what the administration says about a connection.
type described struct {
	State    string `json:"state"`
	Buffered int    `json:"buffered"`
	Queued   int    `json:"queued"`
}

// state returns the state of the connection in the server, or "" if there is none.
func (g *guest) state(s *server) string {
	var c described
	_ = s.request(http.MethodGet, "/@connections/"+g.id, nil, &c) // an error means that there is none
	return c.State
}

// fill sends the command many until much of its answers is in the send queue, and returns how often.
func (g *guest) fill(s *server) (n int) {
	s.t.Helper()
	var c described
	for ; c.Buffered < 100<<10 && n < 100; n++ {
		g.say("many")
		eventually(s.t, "the command many is handled", func() bool {
			return s.request(http.MethodGet, "/@connections/"+g.id, nil, &c) == nil && c.Queued == 0
		})
	}
	return n
}

// expectMany waits for the answer to the command many.
func (g *guest) expectMany(text string, handled int) {
	g.t.Helper()
	for i := range manyMessages {
		if got, want := g.next(), fmt.Sprintf("many %d ", i); !strings.HasPrefix(got, want) {
			g.t.Fatalf("a client receives %.40q, expected %q", got, want)
		}
	}
	g.expect(fmt.Sprintf("echo %d %s", handled, text))
}

// enterMany opens n connections.
func (s *server) enterMany(n int, path string) (all []*guest) {
	s.t.Helper()
	for range n {
		all = append(all, s.enter(endpoint{path: path}))
	}
	return all
}

func (g *guest) read() {
	defer close(g.texts)
	g.end, g.err = g.peer.read(func(e protocol.Event) {
		g.gate.Lock()
		defer g.gate.Unlock()
		switch e.Kind {
		case protocol.EventMessage:
			g.texts <- string(e.Payload)
		case protocol.EventPeerClose:
			_ = g.peer.answerClose() // an error means that the connection has ended
		case protocol.EventPiece, protocol.EventPing, protocol.EventPong, protocol.EventFailing, protocol.EventClosed:
		}
	})
}

// address returns the client's address.
func (g *guest) address() string { return g.peer.conn.LocalAddr().String() }

// say sends a command.
func (g *guest) say(command string) {
	g.t.Helper()
	if err := g.peer.send(protocol.Text, []byte(command)); err != nil {
		g.t.Errorf("sending %.40q: %v", command, err)
	}
}

// next waits for the next text.
func (g *guest) next() string {
	g.t.Helper()
	select {
	case text, ok := <-g.texts:
		if !ok {
			g.t.Fatalf("the connection has ended, with %+v, %v; expected a message", g.end, g.err)
		}
		return text
	case <-time.After(timeout):
		g.t.Fatalf("within %v no message arrives", timeout)
	}
	return ""
}

// expect waits for the next text, which must be equal.
func (g *guest) expect(want string) {
	g.t.Helper()
	if got := g.next(); got != want {
		g.t.Errorf("a client receives %.100q, expected %.100q", got, want)
	}
}

// ask sends a command, and returns the next text without its first word.
func (g *guest) ask(command string) string {
	g.t.Helper()
	g.say(command)
	_, rest, _ := strings.Cut(g.next(), " ")
	return rest
}

// echo sends a message, which must be answered. handled is the number of messages that the connection's data counts.
func (g *guest) echo(text string, handled int) {
	g.t.Helper()
	g.say("echo " + text)
	g.expect(fmt.Sprintf("echo %d %s", handled, text))
}

// expectSilence checks that no message has arrived.
func (g *guest) expectSilence() {
	g.t.Helper()
	select {
	case text := <-g.texts:
		g.t.Errorf("a client receives %.100q, expected nothing", text)
	default:
	}
}

// expectSlow reads messages until the connection ends, which the server must close with 1013.
func (g *guest) expectSlow() {
	g.t.Helper()
	for late := time.After(timeout); ; {
		select {
		case _, ok := <-g.texts:
			if ok {
				continue
			}
			if g.end.Received.Code != protocol.CloseTryAgainLater {
				g.t.Errorf("a connection whose send queue is exceeded ends with %+v, %v; expected 1013", g.end, g.err)
			}
			return
		case <-late:
			g.t.Fatalf("within %v the connection does not end", timeout)
		}
	}
}

// expectEnd waits until the connection ends, with a Close of the server.
func (g *guest) expectEnd(code protocol.CloseCode, reason string) {
	g.t.Helper()
	for late := time.After(timeout); ; {
		select {
		case text, ok := <-g.texts:
			if ok {
				g.t.Errorf("a client receives %.100q, expected the end", text)
				continue
			}
			want := protocol.Status{Code: code, Reason: reason}
			if g.end.Received != want || !g.end.Clean {
				g.t.Errorf("a connection ends with %+v, %v; expected %v, clean", g.end, g.err, want)
			}
			return
		case <-late:
			g.t.Fatalf("within %v the connection does not end", timeout)
		}
	}
}
