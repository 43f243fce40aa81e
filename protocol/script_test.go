package protocol

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// A conversation is a text file: what the peer, the application and the driver
// do stands at the start of a line, what the machine makes of it stands below,
// indented. See CONTRIBUTING.md for the notation.
type conversation struct {
	intro []string // comments and options at the top
	cfg   Config
	roles []Role
	turns []turn
}

type turn struct {
	comment []string
	input   string
}

func parseConversation(text string) (*conversation, error) {
	c := &conversation{roles: []Role{Server, Client}}
	var pending []string
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "\t"): // expected output: made anew and compared whole
		case line == "" || strings.HasPrefix(line, "#"):
			pending = append(pending, line)
		case strings.HasPrefix(line, "option "):
			if err := c.option(strings.Fields(line)[1:]); err != nil {
				return nil, err
			}
			c.intro = append(c.intro, append(pending, line)...)
			pending = nil
		default:
			c.turns = append(c.turns, turn{comment: pending, input: line})
			pending = nil
		}
	}
	return c, lines.Err()
}

func (c *conversation) option(words []string) error {
	number := func() int {
		n, err := strconv.Atoi(words[1])
		if err != nil {
			panic(err)
		}
		return n
	}
	switch words[0] {
	case "server":
		c.roles = []Role{Server}
	case "client":
		c.roles = []Role{Client}
	case "half-open":
		c.cfg.HalfOpen = true
	case "max-message":
		c.cfg.MaxMessage = int64(number())
	case "max-fragments":
		c.cfg.MaxFragments = number()
	case "max-linger":
		c.cfg.MaxLinger = int64(number())
	default:
		return fmt.Errorf("unknown option %q", words[0])
	}
	return nil
}

// run plays the conversation and returns the output of each turn. chunk is the
// most bytes that arrive at a time, 0 for all at once.
func (c *conversation) run(role Role, chunk int) ([][]string, error) {
	p := newPlayer(c.cfg, role)
	p.chunk = chunk
	var out [][]string
	for _, t := range c.turns {
		lines, err := p.play(t.input)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", t.input, err)
		}
		out = append(out, lines)
	}
	return out, nil
}

// render writes the conversation with its outputs. Roles that differ in a turn
// each get their own lines.
func (c *conversation) render(outputs map[Role][][]string) string {
	var b strings.Builder
	for _, line := range c.intro {
		b.WriteString(line + "\n")
	}
	for i, t := range c.turns {
		for _, line := range t.comment {
			b.WriteString(line + "\n")
		}
		b.WriteString(t.input + "\n")
		one := outputs[c.roles[0]][i]
		if len(c.roles) == 1 {
			writeLines(&b, "", one)
			continue
		}
		other := outputs[c.roles[1]][i]
		same := 0
		for same < min(len(one), len(other)) && one[same] == other[same] {
			same++
		}
		writeLines(&b, "", one[:same])
		writeLines(&b, c.roles[0].String()+": ", one[same:])
		writeLines(&b, c.roles[1].String()+": ", other[same:])
	}
	return b.String()
}

func writeLines(b *strings.Builder, prefix string, lines []string) {
	for _, line := range lines {
		b.WriteString("\t" + prefix + line + "\n")
	}
}

// player drives one machine as a well-behaved driver would, and notes what
// comes out.
type player struct {
	m     *Machine
	role  Role
	chunk int

	stalled bool // the transport takes nothing
	waiting int  // bytes taken from the machine and not written

	timer                    Timer
	halfClosed, closed       bool
	events, wire, end, order []string // what came out in this turn, by kind
	frames                   []byte   // output whose frames are not complete
}

var testKey = [4]byte{0x37, 0xfa, 0x21, 0x3d}

func newPlayer(cfg Config, role Role) *player {
	cfg.Role = role
	cfg.MaskKey = func() [4]byte { return testKey }
	return &player{m: New(cfg), role: role}
}

func (p *player) play(input string) ([]string, error) {
	p.events, p.wire, p.end, p.order = nil, nil, nil, nil
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
	return slices.Concat(p.events, p.wire, p.end, p.order), nil
}

func (p *player) arrive(b []byte) {
	for len(b) > 0 {
		n := len(b)
		if p.chunk > 0 {
			n = min(n, p.chunk)
		}
		p.m.Receive(append([]byte(nil), b[:n]...))
		p.settle()
		b = b[n:]
	}
}

func (p *player) write(what string) {
	n := p.waiting
	if what != "" {
		n, _ = strconv.Atoi(what)
	} else {
		p.stalled = false
	}
	p.waiting -= n
	p.m.Wrote(n)
}

func (p *player) settle() {
	p.drainEvents()
	p.flush()
	p.drainEvents()
	if t := p.m.Timer(); t != p.timer {
		p.timer = t
		p.order = append(p.order, "timer "+t.String())
	}
	if p.m.HalfClose() && !p.halfClosed {
		p.halfClosed = true
		p.order = append(p.order, "half-close")
	}
	if p.m.Done() && !p.closed {
		p.closed = true
		p.order = append(p.order, "transport closed")
	}
}

func (p *player) drainEvents() {
	for {
		ev, ok := p.m.Next()
		if !ok {
			return
		}
		if ev.Kind == EventClosed {
			p.end = append(p.end, describeOutcome(p.m.Outcome()))
			continue
		}
		p.events = append(p.events, describeEvent(ev))
	}
}

// flush takes the output and shows its frames.
func (p *player) flush() {
	out := p.m.Output(nil)
	p.frames = append(p.frames, out...)
	p.waiting += len(out)
	for len(p.frames) > 0 {
		line, n := describeFrame(p.frames)
		if n == 0 {
			break
		}
		p.wire = append(p.wire, "> "+line)
		p.frames = p.frames[n:]
	}
	if !p.stalled && p.waiting > 0 {
		p.m.Wrote(p.waiting)
		p.waiting = 0
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

var opcodeOf = map[string]Opcode{"cont": Continuation, "text": Text, "binary": Binary,
	"close": CloseFrame, "ping": Ping, "pong": Pong}

func describeEvent(ev Event) string {
	switch ev.Kind {
	case EventMessage:
		return "message " + ev.Opcode.String() + " " + describePayload(ev.Payload)
	case EventPing:
		return "ping " + describePayload(ev.Payload)
	case EventPong:
		return "pong " + describePayload(ev.Payload)
	case EventPeerClose:
		return "peer-close " + ev.Status.String()
	case EventClosed:
		return "closed"
	}
	return "?"
}

func describeOutcome(o Outcome) string {
	clean := "not clean"
	if o.Clean {
		clean = "clean"
	}
	text := fmt.Sprintf("closed %s, received %s, sent %s, first %s, cause %s", clean, o.Received, o.Sent, o.First, o.Cause)
	if o.Violation != nil {
		text += " " + o.Violation.ID
	}
	return text
}

// describeFrame shows the first frame of b, and how long it is; 0 if it is not
// whole.
func describeFrame(b []byte) (string, int) {
	h, n, violation := ParseHeader(b)
	if violation != nil {
		return "ILLEGAL " + violation.Error(), len(b)
	}
	if n == 0 || int64(len(b)-n) < h.Length {
		return "", 0
	}
	payload := append([]byte(nil), b[n:n+int(h.Length)]...)
	if h.Masked {
		Mask(h.Key, 0, payload)
	}
	text := h.Opcode.String()
	if h.Opcode == CloseFrame {
		status, v := parseClose(payload)
		if v != nil {
			return "ILLEGAL " + v.Error(), len(b)
		}
		if status.Code != CloseNoStatus {
			text += " " + status.String()
		}
	} else {
		text += " " + describePayload(payload)
	}
	if !h.Fin {
		text += " more"
	}
	return text, n + int(h.Length)
}

func describePayload(p []byte) string {
	if len(p) > 32 {
		return fmt.Sprintf("%q*%d", p[:1], len(p))
	}
	return strconv.Quote(string(p))
}

// encodePeer turns the notation of a frame into the bytes the peer sends.
// Frames that arrive together stand side by side with a bar between.
func encodePeer(role Role, what string) ([]byte, error) {
	var b []byte
	for _, one := range strings.Split(what, " | ") {
		var err error
		if b, err = appendPeerFrame(b, role, one); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func appendPeerFrame(b []byte, role Role, what string) ([]byte, error) {
	verb, rest, _ := strings.Cut(what, " ")
	if verb == "raw" {
		raw, err := hex.DecodeString(strings.ReplaceAll(rest, " ", ""))
		return append(b, raw...), err
	}
	h := Header{Fin: true, Opcode: opcodeOf[verb], Masked: role == Server, Key: testKey}
	var payload []byte
	var tail string
	var err error
	switch verb {
	case "close":
		var code CloseCode
		var reason string
		if rest != "" {
			code, reason, err = parseStatus(rest)
			payload = Status{code, reason}.appendPayload(nil)
		}
	case "opcode":
		number, after, _ := strings.Cut(rest, " ")
		n, bad := strconv.Atoi(number)
		if bad != nil {
			return nil, bad
		}
		h.Opcode = Opcode(n)
		payload, tail, err = parsePayload(after)
	default:
		if _, known := opcodeOf[verb]; !known {
			return nil, fmt.Errorf("unknown frame %q", verb)
		}
		payload, tail, err = parsePayload(rest)
	}
	if err != nil {
		return nil, err
	}
	h.Length = int64(len(payload))
	headerOnly := false
	for _, word := range strings.Fields(tail) {
		switch {
		case word == "more":
			h.Fin = false
		case word == "rsv1":
			h.RSV |= 4
		case word == "rsv2":
			h.RSV |= 2
		case word == "rsv3":
			h.RSV |= 1
		case word == "flip-mask":
			h.Masked = !h.Masked
		case strings.HasPrefix(word, "announce="):
			h.Length, err = strconv.ParseInt(word[len("announce="):], 10, 64)
			headerOnly = len(payload) == 0
		default:
			err = fmt.Errorf("unknown word %q", word)
		}
		if err != nil {
			return nil, err
		}
	}
	b = h.Append(b)
	if headerOnly {
		return b, nil
	}
	if h.Masked {
		Mask(h.Key, 0, payload)
	}
	return append(b, payload...), nil
}

// parsePayload reads "text", "x"*70000 or hex:00ff, and returns the rest.
func parsePayload(s string) ([]byte, string, error) {
	if strings.HasPrefix(s, "hex:") {
		digits, rest, _ := strings.Cut(s[4:], " ")
		b, err := hex.DecodeString(digits)
		return b, rest, err
	}
	quoted, err := strconv.QuotedPrefix(s)
	if err != nil {
		return nil, s, nil // no payload
	}
	text, err := strconv.Unquote(quoted)
	rest := s[len(quoted):]
	if strings.HasPrefix(rest, "*") {
		var times string
		times, rest, _ = strings.Cut(rest[1:], " ")
		n, bad := strconv.Atoi(times)
		if bad != nil {
			return nil, "", bad
		}
		text = strings.Repeat(text, n)
	}
	return []byte(text), strings.TrimSpace(rest), err
}

func parseStatus(s string) (CloseCode, string, error) {
	number, rest, _ := strings.Cut(s, " ")
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return 0, "", err
	}
	reason, _, err := parsePayload(rest)
	return CloseCode(n), string(reason), err
}
