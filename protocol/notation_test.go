package protocol

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

var opcodeOf = map[string]Opcode{"cont": Continuation, "text": Text, "binary": Binary,
	"close": CloseFrame, "ping": Ping, "pong": Pong}

func describeEvent(ev Event) string {
	switch ev.Kind {
	case EventMessage:
		return "message " + ev.Opcode.String() + " " + describePayload(ev.Payload)
	case EventPiece:
		text := "piece " + ev.Opcode.String() + " " + describePayload(ev.Payload)
		if !ev.Last {
			text += " more"
		}
		return text
	case EventPing:
		return "ping " + describePayload(ev.Payload)
	case EventPong:
		return "pong " + describePayload(ev.Payload)
	case EventPeerClose:
		return "peer-close " + ev.Status.String()
	case EventFailing:
		return "failing"
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

// describeFrame returns a description of the first frame of b and the length of the
// frame, which is 0 if it is incomplete.
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
	if h.RSV&rsv1 != 0 {
		text += " rsv1"
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

// encodePeer encodes frames in the notation of conversations, separated by bars, as the
// peer of a machine with the given role sends them.
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
	op, payload, tail, err := parsePeerFrame(verb, rest)
	if err != nil {
		return nil, err
	}
	h := Header{Fin: true, Opcode: op, Masked: role == Server, Key: testKey, Length: int64(len(payload))}
	for _, word := range strings.Fields(tail) {
		if err := h.applyWord(word); err != nil {
			return nil, err
		}
	}
	b = h.Append(b)
	if h.Masked {
		Mask(h.Key, 0, payload)
	}
	return append(b, payload...), nil
}

func parsePeerFrame(verb, rest string) (op Opcode, payload []byte, tail string, err error) {
	op, known := opcodeOf[verb]
	switch {
	case verb == "close" && rest != "":
		code, reason, err := parseStatus(rest)
		return op, Status{code, reason}.appendPayload(nil), "", err
	case verb == "opcode":
		number, after, _ := strings.Cut(rest, " ")
		n, err := strconv.ParseUint(number, 10, 4)
		if err != nil {
			return 0, nil, "", err
		}
		op, rest = Opcode(n), after
	case !known:
		return 0, nil, "", fmt.Errorf("unknown frame %q", verb)
	}
	payload, tail, err = parsePayload(rest)
	return op, payload, tail, err
}

// applyWord changes the header as one of the words that may follow a payload specifies.
func (h *Header) applyWord(word string) (err error) {
	switch word {
	case "more":
		h.Fin = false
	case "rsv1":
		h.RSV |= 4
	case "rsv2":
		h.RSV |= 2
	case "rsv3":
		h.RSV |= 1
	case "flip-mask":
		h.Masked = !h.Masked
	default:
		number, ok := strings.CutPrefix(word, "announce=")
		if !ok {
			return fmt.Errorf("unknown word %q", word)
		}
		h.Length, err = strconv.ParseInt(number, 10, 64)
	}
	return err
}

// parsePayload parses "text", "x"*70000 or hex:00ff. It returns the payload and the rest
// of s.
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
