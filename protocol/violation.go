package protocol

// Violation is a rule or limit that the peer has violated, which fails the connection
// (RFC 6455, section 7.1.7). The peer sees only Code and Reason. They come from the
// fixed table below, so that no internal error is sent to a peer.
type Violation struct {
	ID      string    // a stable identifier, such as "frame.rsv"
	Code    CloseCode // the code of our Close
	Section string    // the violated section of RFC 6455; empty for a limit
	Reason  string    // the reason of our Close, at most 123 bytes
}

// Error returns the identifier, the reason and the section.
func (v *Violation) Error() string {
	text := v.ID + ": " + v.Reason
	if v.Section != "" {
		text += " (RFC 6455, section " + v.Section + ")"
	}
	return text
}

func (v *Violation) status() Status { return Status{Code: v.Code, Reason: v.Reason} }

// The table of violations.
var (
	errRSV             = &Violation{"frame.rsv", CloseProtocolError, "5.2", "reserved bits must be 0"}
	errOpcode          = &Violation{"frame.opcode", CloseProtocolError, "5.2", "unknown opcode"}
	errLengthForm      = &Violation{"frame.length.form", CloseProtocolError, "5.2", "length not in its shortest form"}
	errLengthSign      = &Violation{"frame.length.sign", CloseProtocolError, "5.2", "top bit of the length must be 0"}
	errUnmasked        = &Violation{"frame.unmasked", CloseProtocolError, "5.1", "client frames must be masked"}
	errMasked          = &Violation{"frame.masked", CloseProtocolError, "5.1", "server frames must not be masked"}
	errControlFragment = &Violation{"control.fragment", CloseProtocolError, "5.5", "control frames must not be fragmented"}
	errControlLength   = &Violation{"control.length", CloseProtocolError, "5.5", "control frames hold at most 125 bytes"}
	errContinuation    = &Violation{"message.continuation", CloseProtocolError, "5.4", "continuation without a message"}
	errInterleaved     = &Violation{"message.interleaved", CloseProtocolError, "5.4", "new message inside a message"}
	errText            = &Violation{"message.utf8", CloseInvalidData, "8.1", "text must be UTF-8"}
	errTooBig          = &Violation{"message.size", CloseMessageTooBig, "", "message too big"}
	errFragments       = &Violation{"message.fragments", ClosePolicyViolation, "", "too many fragments"}
	errInflate         = &Violation{"message.deflate", CloseInvalidData, "", "compressed data is corrupt"}
	errCloseLength     = &Violation{"close.length", CloseProtocolError, "5.5.1", "close body must be empty or hold a code"}
	errCloseCode       = &Violation{"close.code", CloseProtocolError, "7.4", "close code must not be sent"}
	errCloseReason     = &Violation{"close.reason", CloseInvalidData, "5.5.1", "close reason must be UTF-8"}
)

// violations are all of them, for a state that names one.
var violations = []*Violation{errRSV, errOpcode, errLengthForm, errLengthSign, errUnmasked, errMasked,
	errControlFragment, errControlLength, errContinuation, errInterleaved, errText, errTooBig, errFragments,
	errInflate, errCloseLength, errCloseCode, errCloseReason}
