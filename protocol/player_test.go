package protocol

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// player drives one machine as a correct driver does, and records its outputs.
type player struct {
	m     *Machine
	saw   *witness
	role  Role
	chunk int // the maximum size of a segment of input; 0 means no limit

	moving bool  // the machine is replaced by a restored one after each call
	calls  int   // the calls of move
	fault  error // of a state that could not be restored

	stalled bool   // the transport takes nothing
	lazy    bool   // output is taken only after all earlier output is written
	held    []byte // the output that was taken, from the first frame that is not completely written
	begun   int    // the number of bytes of held that are written

	timer               Timer // the armed timer
	closedWrite, closed bool  // instructions of the machine that were recorded

	events, wire, end, order []string // the outputs of this turn, by kind
	piece                    []byte   // the payload of the last event, if that is an incomplete message in pieces
}

var testKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

func fixedKey() [4]byte { return testKey }

func newPlayer(cfg Config, role Role) *player {
	cfg.Role = role
	cfg.MaskKey = fixedKey
	m := New(cfg)
	return &player{m: m, saw: newWitness(m), role: role}
}

func (p *player) play(input string) ([]string, error) {
	p.events, p.wire, p.end, p.order, p.piece = nil, nil, nil, nil, nil
	who, what, _ := strings.Cut(input, " ")
	switch who {
	case "peer":
		b, err := encodePeer(p.role, what)
		if err != nil {
			return nil, err
		}
		p.arrive(b)
	case "app":
		if err := p.application(what); err != nil {
			p.events = append(p.events, "error "+err.Error())
		}
	case "eof":
		p.m.ReceiveEOF()
	case "broken":
		p.m.Abort(CauseTransport)
	case "abort":
		p.m.Abort(Cause(what))
	case "timer":
		t := p.timer
		p.timer = TimerNone
		p.m.Expire(t)
	case "stall":
		p.stalled = true
	case "write":
		p.write(what)
	default:
		return nil, fmt.Errorf("unknown input %q", who)
	}
	p.move()
	p.settle()
	return slices.Concat(p.events, p.wire, p.end, p.order), errors.Join(p.fault, p.saw.err())
}

// move replaces the machine by one that is restored from its state, if the player is moving. A machine with much data is
// replaced after some calls only.
func (p *player) move() {
	p.calls++
	if !p.moving || p.m.Holding()+p.m.Queued() > 4<<10 && p.calls%211 != 0 {
		return
	}
	state := p.m.AppendState(nil)
	next := New(p.m.cfg)
	if err := next.Restore(state); err != nil {
		p.fault = errors.Join(p.fault, fmt.Errorf("the state %x: %w", state, err))
		return
	}
	if again := next.AppendState(nil); !bytes.Equal(again, state) {
		p.fault = errors.Join(p.fault, fmt.Errorf("the state %x becomes %x", state, again))
	}
	*p.m = Machine{} // a driver that still uses it would fail
	p.m, p.saw.m = next, next
}

func (p *player) arrive(b []byte) {
	chunk := max(p.chunk, len(b)/5000) // limit the number of segments
	for len(b) > 0 {
		n := len(b)
		if p.chunk > 0 {
			n = min(n, chunk)
		}
		p.m.Receive(append([]byte(nil), b[:n]...))
		p.move()
		p.settle()
		b = b[n:]
	}
}

func (p *player) write(what string) {
	n := len(p.held) - p.begun
	if what != "" {
		limit, _ := strconv.Atoi(what)
		n = min(n, limit)
	} else {
		p.stalled = false
	}
	p.writeHeld(n)
}

// writeHeld writes the first n bytes of the held output to the transport.
func (p *player) writeHeld(n int) {
	p.saw.wrote(p.held[p.begun : p.begun+n])
	p.begun += n
	for p.begun > 0 && p.begun >= frameSize(p.held) {
		size := frameSize(p.held)
		p.held, p.begun = p.held[size:], p.begun-size
	}
	p.m.Wrote(n)
	p.move()
}

// frameSize returns the length of the first frame.
func frameSize(frames []byte) int {
	h, n, _ := ParseHeader(frames)
	return n + int(h.Length)
}

// discard calls CloseDiscard, and drops the frames of which no byte is written.
func (p *player) discard(code CloseCode, reason string) error {
	keep := 0
	if p.begun > 0 {
		keep = frameSize(p.held)
	}
	if err := p.m.CloseDiscard(code, reason, len(p.held)-keep); err != nil {
		return err
	}
	p.saw.discarded()
	for lost := p.held[keep:]; len(lost) > 0; {
		line, n := describeFrame(lost)
		p.wire = append(p.wire, "dropped "+line)
		lost = lost[n:]
	}
	p.held = p.held[:keep]
	return nil
}

func (p *player) settle() {
	p.drainEvents()
	p.flush()
	p.drainEvents()
	if t := p.m.Timer(); t != p.timer {
		p.timer = t
		p.order = append(p.order, "timer "+t.String())
	}
	if p.m.ShouldCloseWrite() && !p.closedWrite {
		p.closedWrite = true
		p.order = append(p.order, "close-write")
	}
	if p.m.Done() && !p.closed {
		p.closed = true
		p.order = append(p.order, "transport closed")
	}
	if p.m.Done() {
		p.held, p.begun = nil, 0
	}
	p.saw.expect(p.m.Queued() == len(p.held)-p.begun+len(p.m.output), "Queued is exact")
	p.saw.check()
}

func (p *player) drainEvents() {
	for {
		ev, ok := p.m.Next()
		p.move()
		if !ok {
			return
		}
		if p.saw.event(ev); p.saw.err() != nil {
			return
		}
		if ev.Kind == EventClosed {
			p.end = append(p.end, describeOutcome(p.m.Outcome()))
			continue
		}
		p.record(ev)
	}
}

// record adds the description of an event. Consecutive pieces are described as one,
// because their boundaries depend on the segmentation of the input.
func (p *player) record(ev Event) {
	if ev.Kind != EventPiece {
		p.piece = nil
		p.events = append(p.events, describeEvent(ev))
		return
	}
	ev.Payload = append(p.piece, ev.Payload...)
	if p.piece == nil {
		p.events = append(p.events, "")
	}
	p.events[len(p.events)-1] = describeEvent(ev)
	if p.piece = ev.Payload; ev.Last {
		p.piece = nil
	}
}

// flush takes the output, records its frames, and writes them unless the transport
// stalls.
func (p *player) flush() {
	if p.lazy && len(p.held) > 0 {
		return
	}
	out := p.m.Output(nil)
	p.move()
	p.held = append(p.held, out...)
	for len(out) > 0 {
		line, n := describeFrame(out)
		p.wire = append(p.wire, "> "+line)
		out = out[n:]
	}
	if !p.stalled && len(p.held) > 0 {
		p.writeHeld(len(p.held) - p.begun)
	}
}

func (p *player) application(what string) error {
	verb, rest, _ := strings.Cut(what, " ")
	switch verb {
	case "close":
		code, reason, err := parseStatus(rest)
		if err != nil {
			return err
		}
		return p.m.Close(code, reason)
	case "discard":
		code, reason, err := parseStatus(rest)
		if err != nil {
			return err
		}
		return p.discard(code, reason)
	case "answer":
		p.m.AnswerClose()
		return nil
	case "fail":
		p.m.Fail()
		return nil
	case "ping":
		payload, _, err := parsePayload(rest)
		if err != nil {
			return err
		}
		return p.m.Ping(payload)
	case "text", "binary", "cont":
		payload, tail, err := parsePayload(rest)
		if err != nil {
			return err
		}
		op := opcodeOf[verb]
		if verb != "cont" && tail != "more" {
			return p.m.Send(op, payload)
		}
		return p.m.SendFragment(op, payload, tail != "more")
	}
	return fmt.Errorf("unknown call %q", verb)
}
