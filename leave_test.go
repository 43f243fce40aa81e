package linger_test

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// echoService is an application that answers each message with itself, on real TCP.
func echoService(t *testing.T, before func(), accepting linger.AcceptOptions, opts linger.Options) (url string, ends chan *linger.Close) {
	t.Helper()
	s := serveTCP(t, linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(accepting) },
		OnMessage: func(m *linger.Message) {
			before()
			_ = m.Socket.Send(m.Payload)
		},
		OnPeerClose: func(p *linger.PeerClose) {
			before()
			p.Socket.AnswerClose()
		},
	}, opts)
	return s.url, s.ends
}

// RFC 6455, sections 5.5.1 and 7.1.1: a peer may end TCP directly after its Close, and
// still gets the replies of handlers at work and our Close.
func TestServerAnswersAPeerThatEndsTCPAfterItsClose(t *testing.T) {
	const connections = 100
	for _, blocking := range []bool{false, true} {
		for _, halfOpen := range []bool{false, true} {
			for _, slow := range []bool{false, true} {
				for texts, want := range map[string][]string{"": {"close 3000"}, "question": {"text question", "close 3000"}} {
					t.Run(fmt.Sprintf("blocking %t, half-open %t, slow handlers %t, text %q", blocking, halfOpen, slow, texts), func(t *testing.T) {
						t.Parallel()
						gate := make(chan struct{})
						left := func() { close(gate) }
						if !slow {
							left()
							left = nil
						}
						url, ends := echoService(t, func() { <-gate }, linger.AcceptOptions{HalfOpen: halfOpen},
							linger.Options{Options: websocket.Options{Blocking: blocking}})
						var send []string
						if texts != "" {
							send = []string{texts}
						}
						if err := testclient.Leavers(connections, url, send, want, left); err != nil {
							t.Fatal(err)
						}
						for range connections {
							if end := <-ends; !end.Clean || end.Sent.Code != 3000 || end.Received.Code != 3000 {
								t.Fatalf("the end is clean, with 3000 in both directions; got %+v", end.Outcome)
							}
						}
					})
				}
			}
		}
	}
}

// The event of a violation is handled after the messages before it, and so is the Close
// that names it.
func TestServerAnswersTheMessagesBeforeAViolation(t *testing.T) {
	for _, blocking := range []bool{false, true} {
		for _, halfOpen := range []bool{false, true} {
			t.Run(fmt.Sprintf("blocking %t, half-open %t", blocking, halfOpen), func(t *testing.T) {
				t.Parallel()
				url, ends := echoService(t, func() {}, linger.AcceptOptions{HalfOpen: halfOpen},
					linger.Options{Options: websocket.Options{Blocking: blocking, CloseTimeout: time.Hour}})
				for _, v := range testclient.Violations(protocol.Client) {
					for _, cut := range []int{math.MaxInt, 1} {
						c, err := testclient.Dial(url)
						if err != nil {
							t.Fatal(err)
						}
						got, err := c.Provoke(v.Bytes(protocol.Client), cut)
						if err != nil || !slices.Equal(got, v.Want) {
							t.Errorf("%s: the client receives %q; got %q, %v", v.Name, v.Want, got, err)
						}
						c.Cut()
						if end := <-ends; end.Violation == nil || end.Cause != protocol.CauseViolation {
							t.Errorf("%s: the close event names the violation; got %+v", v.Name, end.Outcome)
						}
					}
				}
			})
		}
	}
}

// The replies to what came before a violation are not waited for for ever.
func TestServerWaitsForRepliesBeforeAViolationWithinTheCloseTimeout(t *testing.T) {
	bubble(t, func(t *testing.T) {
		gate := make(chan struct{})
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{}) },
			OnMessage: func(m *linger.Message) {
				<-gate
				_ = m.Socket.Send(m.Payload)
			},
		}, linger.Options{Options: websocket.Options{CloseTimeout: 3 * time.Second}})
		c := s.connect()
		began := time.Now()
		c.write(slices.Concat(frame(protocol.Text, []byte("good")), frame(5, nil)))
		c.want("close 1002 unknown opcode")
		if took := time.Since(began); took != 3*time.Second {
			t.Errorf("the Close comes after 3 s; it took %v", took)
		}
		close(gate)
		if end := s.end(); end.Violation == nil || end.Sent.Code != protocol.CloseProtocolError {
			t.Errorf("the close event names the violation; got %+v", end.Outcome)
		}
	})
}
