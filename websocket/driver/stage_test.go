package driver

import (
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// stage runs a connection and its peer in memory, in fake time.
type stage struct {
	t       *testing.T
	role    protocol.Role
	conn    *Driver
	handler *recorder
	peer    *memconn.Conn

	mu      sync.Mutex
	wire    []string // what the peer has read
	passive bool     // the peer does not read on its own
	closed  bool     // the close of the transport has been recorded
}

func newStage(t *testing.T, role protocol.Role, opts Options) *stage {
	a, b := memconn.Pipe()
	return newStageOn(t, role, opts, inMemory(a), b)
}

// newStreamStage returns a stage whose transport blocks in writes, like TLS.
func newStreamStage(t *testing.T, role protocol.Role, opts Options) *stage {
	a, b := memconn.Pipe()
	return newStageOn(t, role, opts, a, b)
}

func newStageOn(t *testing.T, role protocol.Role, opts Options, a net.Conn, b *memconn.Conn) *stage {
	s := &stage{t: t, role: role, handler: &recorder{}, peer: b}
	s.conn = New(a, role, nil, opts)
	t.Cleanup(func() {
		s.conn.CloseNow()
		_ = b.Close()
		time.Sleep(100 * time.Hour) // until all timers have fired
	})
	return s
}

func (s *stage) start() *stage {
	if !s.passive {
		go s.listen()
	}
	s.conn.Start(s.handler)
	synctest.Wait()
	return s
}

// listen records the frames that the peer reads, and how reading ends.
func (s *stage) listen() {
	var unparsed []byte
	buf := make([]byte, 32<<10)
	for {
		n, err := s.peer.Read(buf)
		unparsed = append(unparsed, buf[:n]...)
		for f, n := wiretest.Parse(unparsed); n > 0; f, n = wiretest.Parse(unparsed) {
			s.noteWire(f.String())
			unparsed = unparsed[n:]
		}
		switch {
		case err == nil:
			continue
		case errors.Is(err, io.EOF):
			s.noteWire("FIN")
		case s.peer.RSTReceived():
			s.noteWire("RST")
		}
		return
	}
}

func (s *stage) noteWire(what string) {
	s.mu.Lock()
	s.wire = append(s.wire, "> "+what)
	s.mu.Unlock()
}

// play runs an input and returns its effects: the calls of the handler, the frames that the
// peer has read, and the close of the transport.
func (s *stage) play(input string) []string {
	s.input(input)
	synctest.Wait()
	out := s.handler.newCalls()
	s.mu.Lock()
	defer s.mu.Unlock()
	out = append(out, s.wire...)
	s.wire = nil
	if s.peer.Peer().Closed() && !s.closed {
		s.closed = true
		out = append(out, "transport closed")
	}
	return out
}

func (s *stage) input(input string) {
	who, what, _ := strings.Cut(input, " ")
	switch who {
	case "peer":
		s.peerDoes(what)
	case "app":
		s.appDoes(what)
	case "wait":
		d, err := time.ParseDuration(what)
		if err != nil {
			s.t.Fatal(err)
		}
		time.Sleep(d)
	default:
		s.t.Fatalf("unknown input %q", input)
	}
}

func (s *stage) peerDoes(what string) {
	verb, rest, _ := strings.Cut(what, " ")
	var b []byte
	switch verb {
	case "eof":
		_ = s.peer.CloseWrite()
	case "reset":
		s.peer.Reset()
	case "reads":
		size, _ := strconv.Atoi(rest)
		_, _ = io.ReadFull(s.peer, make([]byte, size))
	case "violation":
		b = wiretest.Violation()
	case "flood":
		size, _ := strconv.Atoi(rest)
		b = make([]byte, size)
	case "half-frame":
		b = wiretest.Frame(s.role, protocol.Text, []byte("half"))[:3]
	case "ping":
		b = wiretest.Frame(s.role, protocol.Ping, []byte(rest))
	case "pong":
		b = wiretest.Frame(s.role, protocol.Pong, []byte(rest))
	case "text":
		b = wiretest.Frame(s.role, protocol.Text, []byte(rest))
	case "close":
		b = wiretest.Frame(s.role, protocol.CloseFrame, statusBody(rest))
	default:
		s.t.Fatalf("unknown act of the peer: %q", what)
	}
	if len(b) > 0 {
		_, _ = s.peer.Write(b)
	}
}

func statusBody(text string) []byte {
	code, reason, _ := strings.Cut(text, " ")
	if code == "" {
		return nil
	}
	number, _ := strconv.Atoi(code)
	return wiretest.CloseBody(uint16(number), reason)
}

func (s *stage) appDoes(what string) {
	verb, rest, _ := strings.Cut(what, " ")
	var err error
	switch verb {
	case "text":
		_, err = s.conn.Send(protocol.Text, []byte(rest))
	case "binary":
		size, _ := strconv.Atoi(rest)
		_, err = s.conn.Send(protocol.Binary, make([]byte, size))
	case "close":
		code, reason, _ := strings.Cut(rest, " ")
		number, _ := strconv.Atoi(code)
		err = s.conn.Close(protocol.CloseCode(number), reason)
	case "discard":
		err = s.conn.CloseDiscard(4001, "overtakes")
	case "close-now":
		s.conn.CloseNow()
	case "pause":
		s.conn.Pause()
	case "resume":
		s.conn.Resume()
	default:
		s.t.Fatalf("unknown act of the application: %q", what)
	}
	var misuse *protocol.Misuse
	if errors.As(err, &misuse) {
		s.handler.note("error %s", misuse.ID)
	}
}

// runScript runs a script for both roles. Lines at the margin are inputs. The indented lines
// after them are the expected effects, for one role only if they begin with its name.
func runScript(t *testing.T, opts Options, script string) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		t.Run(role.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opts := opts
				if opts.KeepAlive == 0 {
					opts.KeepAlive = -1
				}
				s := newStage(t, role, opts)
				s.passive = strings.Contains(script, "peer reads") || strings.Contains(script, "never reads")
				if s.passive {
					s.peer.SetCapacity(500)
				}
				s.start()
				for _, step := range parseScript(script, role) {
					if got := s.play(step.input); !slices.Equal(got, step.want) {
						t.Errorf("after %q there must be\n\t%s\ngot\n\t%s",
							step.input, strings.Join(step.want, "\n\t"), strings.Join(got, "\n\t"))
					}
				}
			})
		})
	}
}

type scriptStep struct {
	input string
	want  []string
}

func parseScript(script string, role protocol.Role) (steps []scriptStep) {
	for line := range strings.Lines(script) {
		text := strings.TrimSpace(line)
		switch {
		case text == "" || strings.HasPrefix(text, "#"):
		case !strings.HasPrefix(line, "\t\t"):
			steps = append(steps, scriptStep{input: text})
		default:
			if who, rest, ok := strings.Cut(text, ": "); ok && (who == "server" || who == "client") {
				if who != role.String() {
					continue
				}
				text = rest
			}
			last := &steps[len(steps)-1]
			last.want = append(last.want, text)
		}
	}
	return steps
}

// wantCalls fails unless these are the calls of the handler since the last check.
func wantCalls(t *testing.T, r *recorder, why string, want ...string) {
	t.Helper()
	if got := r.newCalls(); !slices.Equal(got, want) {
		t.Errorf("%s: the calls of the handler must be %s; got %s", why, list(want), list(got))
	}
}

func list(calls []string) string {
	if len(calls) == 0 {
		return "nothing"
	}
	return fmt.Sprintf("%q", calls)
}
