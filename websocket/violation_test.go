package websocket

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
)

// What answers each message with itself, on a connection whose peer writes its own bytes.
var echoes = map[string]func(t *testing.T, role protocol.Role, near *tcpConn, opts Options){
	"Driver": func(_ *testing.T, role protocol.Role, near *tcpConn, opts Options) {
		NewDriver(near, role, nil, opts).Start(echo{})
	},
	"Driver that replies later": func(_ *testing.T, role protocol.Role, near *tcpConn, opts Options) {
		NewDriver(near, role, nil, opts).Start(newLateEcho())
	},
	"Conn": func(t *testing.T, role protocol.Role, near *tcpConn, opts Options) {
		c := NewConn(near, role, nil, opts)
		go func() {
			for {
				op, message, err := c.Read(t.Context())
				if err != nil {
					return
				}
				_ = c.Write(t.Context(), op, message)
			}
		}()
	},
	"Conn, with readers": func(t *testing.T, role protocol.Role, near *tcpConn, opts Options) {
		c := NewConn(near, role, nil, opts)
		go func() {
			for {
				op, r, err := c.Reader(t.Context())
				if err != nil {
					return
				}
				message, err := io.ReadAll(r)
				if err != nil {
					return
				}
				_ = c.Write(t.Context(), op, message)
			}
		}()
	},
}

type tcpConn = net.TCPConn

// lateEcho answers from another goroutine, one message after the other.
type lateEcho struct {
	echo
	work chan func()
}

func newLateEcho() lateEcho {
	e := lateEcho{work: make(chan func(), 100)}
	go func() {
		for do := range e.work {
			do()
		}
	}()
	return e
}

func (e lateEcho) Events(d *Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		if ev.Kind == protocol.EventFailing {
			e.work <- d.Fail
			continue
		}
		reply := slices.Clone(ev.Payload)
		e.work <- func() { _, _ = d.Send(ev.Opcode, reply) }
	}
	return false
}

func (e lateEcho) Closed(*Driver, Outcome) { close(e.work) }

// RFC 6455, section 7.1.7: a violation ends the processing of input. Messages that came
// before it have been received, so their replies leave first; nothing after it counts.
func TestAViolationTakesEffectAfterTheMessagesBeforeIt(t *testing.T) {
	for name, start := range echoes {
		for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
			for _, blocking := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, %v, blocking %t", name, role, blocking), func(t *testing.T) {
					t.Parallel()
					for _, v := range testclient.Violations(peerOf(role)) {
						for _, cut := range []int{1 << 20, 1} {
							near, peer := wirePair(t)
							// Replies are waited for as long as the test lasts.
							start(t, role, near, Options{KeepAlive: -1, CloseTimeout: time.Hour, Blocking: blocking})
							provoke(t, role, peer, v, cut)
						}
					}
				})
			}
		}
	}
}

func peerOf(role protocol.Role) protocol.Role {
	if role == protocol.Server {
		return protocol.Client
	}
	return protocol.Server
}

// provoke sends a violation and compares what comes back.
func provoke(t *testing.T, role protocol.Role, peer *tcpConn, v testclient.Violation, cut int) {
	t.Helper()
	f := &far{Conn: peer, tcp: peer, role: role, r: bufio.NewReader(peer)}
	defer func() { _ = peer.Close() }()
	_ = f.SetDeadline(time.Now().Add(time.Minute)) // a test that waits longer has failed
	for b := v.Bytes(peerOf(role)); len(b) > 0; {
		n := min(cut, len(b))
		f.send(t, b[:n])
		b = b[n:]
	}
	var got []string
	pongs := 0
	for closed := false; !closed; {
		frame, err := f.readFrame(t)
		switch {
		case err != nil:
			t.Fatalf("%s: a Close must come; got %q, %v", v.Name, got, err)
		case frame.op == protocol.Pong:
			pongs++
		case frame.op == protocol.CloseFrame:
			closed = true
			got = append(got, fmt.Sprintf("close %d %s", binary.BigEndian.Uint16(frame.payload), frame.payload[2:]))
		default:
			got = append(got, fmt.Sprintf("%v %s", frame.op, frame.payload))
		}
	}
	if !slices.Equal(got, v.Want) || (pongs == 1) != v.Pong || pongs > 1 {
		t.Errorf("%s, %d bytes at a time: the peer must receive %q; got %q and %d pongs", v.Name, cut, v.Want, got, pongs)
	}
}
