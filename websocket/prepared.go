package websocket

import (
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// Prepared is a message framed once, to be sent on many connections by
// [Conn.WritePrepared]. It is immutable and safe for concurrent use.
type Prepared = protocol.Prepared

// Prepare frames a message, Text or Binary. The payload is copied. The error is a
// *[Misuse]: text that is not UTF-8, or another type.
func Prepare(op MessageType, payload []byte) (*Prepared, error) { return driver.Prepare(op, payload) }
