package linger_test

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
)

// Publish has the same effect on each driver: all subscribers that read receive every message in order, and the policy applies to
// those that do not.
func TestServerPublishOnEachDriver(t *testing.T) {
	const reading, slow, messages, queue = 200, 5, 20, 64 << 10
	for _, way := range []websocket.IO{websocket.IORing, websocket.IOReadiness, websocket.IOBlocking} {
		for policy, name := range map[linger.Policy]string{linger.PolicyDrop: "drop", linger.PolicyClose: "close"} {
			t.Run(fmt.Sprintf("%v, %s", way, name), func(t *testing.T) {
				s := serveTCP(t, linger.HandlerFuncs{
					OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{}) },
					OnMessage: func(m *linger.Message) {
						_ = m.Socket.Subscribe("all")
						if string(m.Data) == "slow" {
							_ = m.Socket.Subscribe("slow")
						}
						_ = m.Socket.Send(m.Payload)
					},
				}, linger.Options{Options: websocket.Options{IO: way, CloseTimeout: 200 * time.Millisecond}, Policy: policy, SendQueue: queue})
				join := func(n int, as string) (clients []*client) {
					for range n {
						c := s.connect()
						c.text(as)
						c.want(fmt.Sprintf("text %s", as))
						clients = append(clients, c)
					}
					return clients
				}
				join(slow, "slow")
				clients := join(reading, "reading")
				fillQueues(t, s)
				for i := range messages {
					if n, err := s.Publish("all", linger.Text(fmt.Sprint("message ", i))); n < reading || n > reading+slow || err != nil {
						t.Fatalf("%d subscribers that read take the message; got %d, %v", reading, n, err)
					}
				}
				for _, c := range clients {
					for i := range messages {
						c.want(fmt.Sprint("text message ", i))
					}
				}
				if policy == linger.PolicyClose {
					for range slow {
						if end := s.end(); end.Sent.Code != 1013 {
							t.Errorf("a subscriber that does not read is closed with 1013; got %+v", end.Outcome)
						}
					}
				}
			})
		}
	}
}

// fillQueues publishes to subscribers that do not read until all of their queues are full.
func fillQueues(t *testing.T, s *service) {
	t.Helper()
	for range 10_000 {
		if n, err := s.Publish("slow", linger.Binary(bytes.Repeat([]byte{1}, 64<<10))); err != nil {
			t.Fatal(err)
		} else if n == 0 {
			return
		}
	}
	t.Fatal("the queue of a subscriber that does not read becomes full")
}
