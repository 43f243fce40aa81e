package websocket

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestConnRepliesBeforeViolation(t *testing.T) {
	for name, read := range map[string]func(t *testing.T, c *Conn) (MessageType, []byte, error){
		"Read": func(t *testing.T, c *Conn) (MessageType, []byte, error) { return c.Read(t.Context()) },
		"Reader": func(t *testing.T, c *Conn) (MessageType, []byte, error) {
			op, r, err := c.Reader(t.Context())
			if err != nil {
				return 0, nil, err
			}
			message, err := io.ReadAll(r)
			return op, message, err
		},
	} {
		t.Run(name, func(t *testing.T) {
			wiretest.EachViolation(t, func(t *testing.T, role protocol.Role, near *net.TCPConn, blocking bool) {
				c := NewConn(near, role, nil, Options{KeepAlive: -1, CloseTimeout: time.Hour, IO: map[bool]IO{true: IOBlocking}[blocking]})
				go func() {
					for {
						op, message, err := read(t, c)
						if err != nil {
							return
						}
						_ = c.Write(t.Context(), op, message)
					}
				}()
			})
		})
	}
}
