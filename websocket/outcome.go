package websocket

import (
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// CloseCode is a status code of RFC 6455, section 7.4. An application may send
// 1000-1003, 1007-1014 and, for codes of its own, 3000-4999.
type CloseCode = protocol.CloseCode

// The codes by their meaning; package protocol has those that a connection itself
// sends when the peer breaks a rule.
const (
	CloseNormal          = protocol.CloseNormal          // 1000: the purpose is fulfilled
	CloseGoingAway       = protocol.CloseGoingAway       // 1001: a server goes down, a page is left
	CloseUnsupportedData = protocol.CloseUnsupportedData // 1003: a type of message that is not accepted
	CloseNoStatus        = protocol.CloseNoStatus        // 1005: received only, an empty Close
	CloseAbnormal        = protocol.CloseAbnormal        // 1006: received only, no Close at all
	ClosePolicyViolation = protocol.ClosePolicyViolation // 1008: not as agreed, and no other code fits
	CloseMessageTooBig   = protocol.CloseMessageTooBig   // 1009
	CloseInternalError   = protocol.CloseInternalError   // 1011: something unexpected on our side
	CloseServiceRestart  = protocol.CloseServiceRestart  // 1012: connect again soon
	CloseTryAgainLater   = protocol.CloseTryAgainLater   // 1013: overloaded
)

// Status is what a Close frame says: a code, and a reason of at most 123 bytes of
// UTF-8.
type Status = protocol.Status

// Outcome is how a connection ended.
type Outcome = driver.Outcome

// Causes in an [Outcome] and a [TransportError], besides those of package protocol.
const (
	CauseKeepAlive = driver.CauseKeepAlive // the peer did not answer pings
	CauseStalled   = driver.CauseStalled   // the peer did not read for Options.WriteTimeout
	CauseAbort     = driver.CauseAbort     // [Conn.CloseNow] cut the connection
)
