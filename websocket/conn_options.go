package websocket

import "github.com/lingerws/linger/websocket/driver"

// Options are the bounds of a connection. The zero value has the defaults.
type Options = driver.Options

// CompressionOptions describe how messages are compressed, and what is agreed to. The zero value has good defaults.
type CompressionOptions = driver.CompressionOptions

// Outcome is how a connection ended.
type Outcome = driver.Outcome

// Causes in an [Outcome] and a [TransportError], besides those of package protocol.
const (
	CauseKeepAlive = driver.CauseKeepAlive // the peer did not answer pings
	CauseStalled   = driver.CauseStalled   // the peer did not read for Options.WriteTimeout
	CauseAbort     = driver.CauseAbort     // [Conn.CloseNow] cut the connection
)
