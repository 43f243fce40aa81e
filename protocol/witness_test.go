package protocol

import "fmt"

// witness watches one machine from outside and notes each promise it breaks.
// Every test that uses a player has one.
type witness struct {
	m      *Machine
	peer   *Machine // reads all output, as the other role
	faults []string

	in, out          Half
	wire             []byte // output whose frame is not complete
	closes           int    // Close frames of ours
	discard, begun   bool   // the backlog was dropped, all but a frame that was begun
	closed, done, hc bool
	outcome          Outcome
}

func newWitness(m *Machine) *witness {
	role := Client
	if m.cfg.Role == Client {
		role = Server
	}
	return &witness{m: m, peer: New(Config{Role: role, MaxMessage: 1 << 40, MaskKey: fixedKey, Compression: m.cfg.Compression})}
}

func (w *witness) expect(ok bool, promise string) {
	if !ok {
		w.faults = append(w.faults, promise)
	}
}

func (w *witness) event(ev Event) {
	w.expect(!w.closed, "nothing follows the terminal event")
	if ev.Kind == EventClosed {
		w.closed, w.outcome = true, w.m.Outcome()
	}
}

// wrote takes output in the order it leaves.
func (w *witness) wrote(p []byte) {
	w.expect(len(p) == 0 || !w.done, "no output follows the end")
	w.peer.Receive(append([]byte(nil), p...))
	for ok := true; ok; {
		_, ok = w.peer.Next()
	}
	if v := w.peer.Outcome().Violation; v != nil {
		w.expect(false, "the peer finds only legal frames, not "+v.Error())
	}
	w.wire = append(w.wire, p...)
	for {
		h, n, _ := ParseHeader(w.wire)
		if n == 0 || int64(len(w.wire)-n) < h.Length {
			return
		}
		w.wire = w.wire[n+int(h.Length):]
		w.frame(h)
	}
}

// discarded tells that from now on nothing may begin but our Close.
func (w *witness) discarded() { w.discard, w.begun = true, len(w.wire) > 0 }

func (w *witness) frame(h Header) {
	w.expect(!w.discard || w.begun || h.Opcode == CloseFrame || h.Opcode == Pong && w.closes > 0,
		"nothing but our Close follows when the backlog is dropped, not "+h.Opcode.String())
	w.begun = false
	w.expect(w.closes == 0 || h.Opcode != CloseFrame, "one Close frame leaves, not two")
	w.expect(w.closes == 0 || h.Opcode == Pong, "only pongs follow our Close, not "+h.Opcode.String())
	if h.Opcode == CloseFrame {
		w.closes++
	}
}

// check looks at what the machine says of itself between two inputs.
func (w *witness) check() {
	m := w.m
	w.expect(m.In() >= w.in && m.Out() >= w.out, "halves only move forward")
	w.in, w.out = m.In(), m.Out()

	w.expect(!w.done || m.Done(), "the end is final")
	w.expect(!w.hc || m.ShouldCloseWrite() || !w.done, "an order to half-close is not taken back after the end")
	w.done, w.hc = m.Done(), m.ShouldCloseWrite()
	w.expect(w.done == (m.State() == StateClosed), "CLOSED and the end are the same")
	w.expect(!w.done || m.Timer() == TimerNone, "no timer runs after the end")
	w.expect(!w.done || w.closed, "the end comes with a terminal event")
	w.expect(m.State() != StateClosing || m.Timer() != TimerNone, "closing is always bounded by a timer")

	w.expect(!w.hc || m.Queued() == 0, "we half-close only when all output is written")
	w.expect(!w.hc || m.cfg.Role == Server || w.in == Gone, "a client never half-closes before EOF")
	allSaid := w.closed && m.Queued() == 0 && !m.cut
	w.expect(!allSaid || m.cfg.Role == Client || w.hc, "a server half-closes at once when all is said")

	w.expect(!m.MayClose() || m.Out() == Open, "nothing can be closed twice")
	if w.closed {
		w.expect(m.Outcome() == w.outcome, "the outcome is final once it is told")
		w.expect(!w.outcome.Clean || w.closes == 1 && w.outcome.Received.Code != CloseAbnormal,
			"clean means that both Close frames have passed")
	}
}

// err returns the promises that were broken.
func (w *witness) err() error {
	if len(w.faults) == 0 {
		return nil
	}
	return fmt.Errorf("broken: %q", w.faults)
}
