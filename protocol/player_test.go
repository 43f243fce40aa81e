package protocol

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// player drives one machine as a well-behaved driver would, and notes what
// comes out.
type player struct {
	m     *Machine
	saw   *witness
	role  Role
	chunk int

	stalled bool   // the transport takes nothing
	lazy    bool   // nothing is taken from the machine while something that was taken waits
	held    []byte // taken from the machine: whole frames, of which the last byte is not written
	begun   int    // how much of the first of them is

	timer                    Timer
	halfClosed, closed       bool
	events, wire, end, order []string // what came out in this turn, by kind
	piece                    []byte   // of a message, shown last
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
	p.settle()
	return slices.Concat(p.events, p.wire, p.end, p.order), p.saw.err()
}

func (p *player) arrive(b []byte) {
	chunk := max(p.chunk, len(b)/5000) // more than 5,000 pieces show nothing new
	for len(b) > 0 {
		n := len(b)
		if p.chunk > 0 {
			n = min(n, chunk)
		}
		p.m.Receive(append([]byte(nil), b[:n]...))
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
	p.hand(n)
}

// hand gives the transport n bytes of what was taken.
func (p *player) hand(n int) {
	p.saw.wrote(p.held[p.begun : p.begun+n])
	p.begun += n
	for p.begun > 0 && p.begun >= frameSize(p.held) {
		size := frameSize(p.held)
		p.held, p.begun = p.held[size:], p.begun-size
	}
	p.m.Wrote(n)
}

// frameSize returns how long the first of whole frames is.
func frameSize(frames []byte) int {
	h, n, _ := ParseHeader(frames)
	return n + int(h.Length)
}

// discard closes, and drops the frames of which no byte is written.
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
	if p.m.ShouldCloseWrite() && !p.halfClosed {
		p.halfClosed = true
		p.order = append(p.order, "half-close")
	}
	if p.m.Done() && !p.closed {
		p.closed = true
		p.order = append(p.order, "transport closed")
	}
	if p.m.Done() {
		p.held, p.begun = nil, 0
	}
	p.saw.expect(p.m.Queued() == len(p.held)-p.begun+len(p.m.output), "the queue is counted to the byte")
	p.saw.check()
}

func (p *player) drainEvents() {
	for {
		ev, ok := p.m.Next()
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
		p.note(ev)
	}
}

// note shows an event. Pieces that follow each other are shown as one, since it
// does not matter how they were cut on their way.
func (p *player) note(ev Event) {
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

// flush takes the output and shows its frames.
func (p *player) flush() {
	if p.lazy && len(p.held) > 0 {
		return
	}
	out := p.m.Output(nil)
	p.held = append(p.held, out...)
	for len(out) > 0 {
		line, n := describeFrame(out)
		p.wire = append(p.wire, "> "+line)
		out = out[n:]
	}
	if !p.stalled && len(p.held) > 0 {
		p.hand(len(p.held) - p.begun)
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
	return fmt.Errorf("unknown intent %q", verb)
}
