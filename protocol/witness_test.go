package protocol

import "fmt"

// witness checks the invariants of one machine from outside. Each player has one.
type witness struct {
	m      *Machine
	peer   *Machine // a machine of the other role, which receives all output
	faults []string // the invariants that were violated

	in, out                  Half   // the halves at the last check
	wire                     []byte // output whose last frame is incomplete
	closes                   int    // the number of Close frames in the output
	discard, begun           bool   // CloseDiscard was called; a frame had begun before it
	closed, done, closeWrite bool
	outcome                  Outcome
}

func newWitness(m *Machine) *witness {
	role := Client
	if m.cfg.Role == Client {
		role = Server
	}
	return &witness{m: m, peer: New(Config{Role: role, MaxMessage: 1 << 40, MaskKey: fixedKey, Compression: m.cfg.Compression})}
}

// expect records a violation of the invariant unless ok.
func (w *witness) expect(ok bool, invariant string) {
	if !ok {
		w.faults = append(w.faults, invariant)
	}
}

func (w *witness) event(ev Event) {
	w.expect(!w.closed, "nothing follows the terminal event")
	if ev.Kind == EventClosed {
		w.closed, w.outcome = true, w.m.Outcome()
	}
}

// wrote checks output, in the order in which it is written.
func (w *witness) wrote(p []byte) {
	w.expect(len(p) == 0 || !w.done, "nothing is written after the end")
	w.peer.Receive(append([]byte(nil), p...))
	for ok := true; ok; {
		_, ok = w.peer.Next()
	}
	if v := w.peer.Outcome().Violation; v != nil {
		w.expect(false, "the peer receives only valid frames, not "+v.Error())
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

// discarded records a call of CloseDiscard: from now on the next frame to begin must be
// our Close.
func (w *witness) discarded() { w.discard, w.begun = true, len(w.wire) > 0 }

func (w *witness) frame(h Header) {
	w.expect(!w.discard || w.begun || h.Opcode == CloseFrame || h.Opcode == Pong && w.closes > 0,
		"only our Close follows CloseDiscard, not "+h.Opcode.String())
	w.begun = false
	w.expect(w.closes == 0 || h.Opcode != CloseFrame, "at most one Close frame is sent")
	w.expect(w.closes == 0 || h.Opcode == Pong, "only pongs follow our Close, not "+h.Opcode.String())
	if h.Opcode == CloseFrame {
		w.closes++
	}
}

// check checks the exported state of the machine. It is called after each input.
func (w *witness) check() {
	m := w.m
	w.expect(m.In() >= w.in && m.Out() >= w.out, "halves only move forward")
	w.in, w.out = m.In(), m.Out()

	w.expect(!w.done || m.Done(), "the end is final")
	w.expect(!w.closeWrite || m.ShouldCloseWrite() || !w.done, "ShouldCloseWrite does not become false after the end")
	w.done, w.closeWrite = m.Done(), m.ShouldCloseWrite()
	w.expect(w.done == (m.State() == StateClosed), "the state is CLOSED exactly after the end")
	w.expect(!w.done || m.Timer() == TimerNone, "no timer runs after the end")
	w.expect(!w.done || w.closed, "a terminal event is delivered at the end")
	w.expect(m.State() != StateClosing || m.Timer() != TimerNone, "a timer bounds the state CLOSING")

	w.expect(!w.closeWrite || m.Queued() == 0, "all output is written before we close for writing")
	w.expect(!w.closeWrite || m.cfg.Role == Server || w.in == Gone, "a client does not close for writing before EOF")
	drained := w.closed && m.Queued() == 0 && !m.aborted
	w.expect(!drained || m.cfg.Role == Client || w.closeWrite, "a server closes for writing as soon as all output is written")

	w.expect(!m.MaySend() || m.Out() == Open, "nothing may be sent unless our half is open")
	if w.closed {
		w.expect(m.Outcome() == w.outcome, "the outcome does not change after the terminal event")
		w.expect(!w.outcome.Clean || w.closes == 1 && w.outcome.Received.Code != CloseAbnormal,
			"clean means that both Close frames have passed")
	}
}

// err returns an error that lists the violated invariants, or nil.
func (w *witness) err() error {
	if len(w.faults) == 0 {
		return nil
	}
	return fmt.Errorf("violated invariants: %q", w.faults)
}
