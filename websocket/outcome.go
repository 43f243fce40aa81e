package websocket

import (
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// CloseCode is a status code of RFC 6455, section 7.4. An application may send
// 1000-1003, 1007-1014 and 3000-4999; the last range is for codes that applications and
// libraries define.
type CloseCode = protocol.CloseCode

// The codes for applications. Package protocol also has those that a connection itself
// sends when the peer breaks a rule.
const (
	CloseNormal          = protocol.CloseNormal          // 1000: the purpose of the connection is fulfilled
	CloseGoingAway       = protocol.CloseGoingAway       // 1001: the server shuts down, or the browser leaves the page
	CloseUnsupportedData = protocol.CloseUnsupportedData // 1003: the type of a message is not accepted
	CloseNoStatus        = protocol.CloseNoStatus        // 1005: an empty Close was received; never sent
	CloseAbnormal        = protocol.CloseAbnormal        // 1006: no Close was received; never sent
	ClosePolicyViolation = protocol.ClosePolicyViolation // 1008: the peer violates a policy, and no other code applies
	CloseMessageTooBig   = protocol.CloseMessageTooBig   // 1009: a message is too large to process
	CloseInternalError   = protocol.CloseInternalError   // 1011: an unexpected error on this side
	CloseServiceRestart  = protocol.CloseServiceRestart  // 1012: the service restarts; connect again soon
	CloseTryAgainLater   = protocol.CloseTryAgainLater   // 1013: the service is overloaded
)

// Status is the content of a Close frame: a code, and a reason of at most 123 bytes of
// UTF-8.
type Status = protocol.Status

// Outcome is how a connection ended.
type Outcome = driver.Outcome

// Causes in an [Outcome] and a [TransportError], in addition to those of package protocol.
const (
	CauseKeepAlive = driver.CauseKeepAlive // the peer did not answer pings
	CauseStalled   = driver.CauseStalled   // the peer did not read for Options.WriteTimeout
	CauseAbort     = driver.CauseAbort     // [Conn.CloseNow] was called
)
