package protocol

import (
	"encoding/binary"
	"strconv"
	"unicode/utf8"
)

// CloseCode is a status code of a Close (RFC 6455, section 7.4), as registered with
// IANA.
type CloseCode uint16

// The registered codes.
const (
	CloseNormal             CloseCode = 1000
	CloseGoingAway          CloseCode = 1001
	CloseProtocolError      CloseCode = 1002
	CloseUnsupportedData    CloseCode = 1003
	CloseNoStatus           CloseCode = 1005 // the Close had no status; never sent in a frame
	CloseAbnormal           CloseCode = 1006 // no Close was received; never sent in a frame
	CloseInvalidData        CloseCode = 1007
	ClosePolicyViolation    CloseCode = 1008
	CloseMessageTooBig      CloseCode = 1009
	CloseMandatoryExtension CloseCode = 1010
	CloseInternalError      CloseCode = 1011
	CloseServiceRestart     CloseCode = 1012
	CloseTryAgainLater      CloseCode = 1013
	CloseBadGateway         CloseCode = 1014
	maxCloseReason                    = MaxControl - 2
	firstApplicationCode              = 3000
	lastApplicationCode               = 4999
	closeReserved           CloseCode = 1004
	lastProtocolCodeOnWire            = CloseBadGateway
)

// ValidOnWire reports whether the code may appear in a Close frame. 1004, 1005, 1006,
// 1015 and undefined codes may not (RFC 6455, sections 7.4.1 and 7.4.2).
func (c CloseCode) ValidOnWire() bool {
	switch {
	case c >= firstApplicationCode && c <= lastApplicationCode:
		return true
	case c < CloseNormal || c > lastProtocolCodeOnWire:
		return false
	}
	return c != closeReserved && c != CloseNoStatus && c != CloseAbnormal
}

// Status is the content of a Close frame. Code is 1005 for an empty frame and 1006 if
// there was no frame (RFC 6455, section 7.1.5).
type Status struct {
	Code   CloseCode
	Reason string
}

// String returns the code and, if there is one, the quoted reason.
func (s Status) String() string {
	text := strconv.Itoa(int(s.Code))
	if s.Reason != "" {
		text += " " + strconv.Quote(s.Reason)
	}
	return text
}

// CheckClose returns an error unless an application may close with this code and
// reason: the code must be in 1000-1003, 1007-1014 or 3000-4999, and the reason at
// most 123 bytes of UTF-8. The error matches [ErrCloseCode] or [ErrCloseReason] with
// errors.Is.
func CheckClose(code CloseCode, reason string) error {
	if !code.ValidOnWire() {
		return misuse(ErrCloseCode, "got "+strconv.Itoa(int(code)))
	}
	if len(reason) > maxCloseReason {
		return misuse(ErrCloseReason, "got "+strconv.Itoa(len(reason))+" bytes")
	}
	if !utf8.ValidString(reason) {
		return misuse(ErrCloseReason, "got bytes that are not UTF-8")
	}
	return nil
}

// parseClose parses the payload of a Close frame (RFC 6455, section 5.5.1).
func parseClose(p []byte) (Status, *Violation) {
	switch len(p) {
	case 0:
		return Status{Code: CloseNoStatus}, nil
	case 1:
		return Status{}, errCloseLength
	}
	code := CloseCode(binary.BigEndian.Uint16(p))
	if !code.ValidOnWire() { // RFC 6455, section 7.4
		return Status{}, errCloseCode
	}
	if !utf8.Valid(p[2:]) { // RFC 6455, section 5.5.1 and 8.1
		return Status{}, errCloseReason
	}
	return Status{Code: code, Reason: string(p[2:])}, nil
}

// appendPayload appends the payload of a Close frame to b. The payload of 1005, which
// means no status, is empty.
func (s Status) appendPayload(b []byte) []byte {
	if s.Code == CloseNoStatus {
		return b
	}
	return append(binary.BigEndian.AppendUint16(b, uint16(s.Code)), s.Reason...)
}
