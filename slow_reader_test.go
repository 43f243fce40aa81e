package linger_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// slowly reads 4 KiB every 50 ms.
type slowly struct{ net.Conn }

func (s slowly) Read(p []byte) (int, error) {
	time.Sleep(50 * time.Millisecond)
	return s.Conn.Read(p[:min(len(p), 4<<10)])
}

// A ping stands behind what was sent before, so a client that reads slowly cannot answer it
// in time; that it reads shows that it is there.
func TestServerKeepsASlowReader(t *testing.T) {
	for _, c := range []struct{ messages, size int }{{1, 512 << 10}, {500, 1 << 10}} {
		t.Run(fmt.Sprintf("%d messages of %d bytes", c.messages, c.size), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := serve(t, linger.HandlerFuncs{
					OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{}) },
					OnMessage: func(m *linger.Message) {
						for range c.messages {
							_ = m.Socket.Send(linger.Text(strings.Repeat("x", c.size)))
						}
					},
				}, linger.Options{Options: websocket.Options{KeepAlive: time.Second}})
				client := s.connect()
				client.text("send")
				client.r = bufio.NewReader(slowly{client.nc})
				messages := 0
				for pinged := 0; messages < c.messages || pinged < 2; {
					got := client.next()
					switch {
					case got == "ping":
						client.write(frame(protocol.Pong, nil))
						if messages == c.messages {
							pinged++
						}
					case strings.HasPrefix(got, "text x"):
						messages++
					default:
						t.Fatalf("a client that reads is not cut; after %d messages it reads %q", messages, got)
					}
				}
				client.leave()
				if end := s.end(); !end.Clean {
					t.Errorf("the connection ends as the client wants; got %+v", end.Outcome)
				}
			})
		})
	}
}
