package protocol

// Misuse is the error of a call that the machine refuses. Nothing was sent, and the
// connection is unchanged. Test for the kinds below with errors.Is.
type Misuse struct {
	ID   string // a stable identifier of the kind
	Rule string // the rule that the call violated
	Got  string // what the call passed, if that helps
}

// Error returns the identifier, the rule and what the call passed.
func (m *Misuse) Error() string {
	text := m.ID + ": " + m.Rule
	if m.Got != "" {
		text += "; " + m.Got
	}
	return text
}

// Is reports whether target is a Misuse of the same kind.
func (m *Misuse) Is(target error) bool {
	other, ok := target.(*Misuse)
	return ok && other.ID == m.ID
}

func misuse(kind *Misuse, got string) error {
	return &Misuse{ID: kind.ID, Rule: kind.Rule, Got: got}
}

// The kinds of misuse.
var (
	ErrClosing = &Misuse{ID: "send.closing",
		Rule: "no data may be sent after our Close, or once the connection has ended (RFC 6455, section 5.5.1)"}
	ErrCloseCode = &Misuse{ID: "close.code",
		Rule: "an application may close with 1000-1003, 1007-1014 or 3000-4999 (RFC 6455, section 7.4)"}
	ErrCloseReason = &Misuse{ID: "close.reason",
		Rule: "a close reason is at most 123 bytes of UTF-8 (RFC 6455, section 5.5.1)"}
	ErrText = &Misuse{ID: "send.utf8",
		Rule: "text must be UTF-8; send other bytes as binary (RFC 6455, section 8.1)"}
	ErrOpcode = &Misuse{ID: "send.opcode",
		Rule: "a message starts with a text or binary frame and continues with continuation frames (RFC 6455, section 5.4)"}
	ErrPing = &Misuse{ID: "send.ping",
		Rule: "a ping holds at most 125 bytes (RFC 6455, section 5.5)"}
)
