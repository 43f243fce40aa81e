package wiretest

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
)

// EachViolation runs start with connections in each role, which are to echo messages, and sends each violation after some
// messages. The echoes must leave before the Close, and nothing after the violation may have an effect (RFC 6455, section
// 7.1.7).
func EachViolation(t *testing.T, start func(t *testing.T, role protocol.Role, near *net.TCPConn, blocking bool)) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		for _, blocking := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v, blocking %t", role, blocking), func(t *testing.T) {
				t.Parallel()
				for _, v := range testclient.Violations(peerOf(role)) {
					for _, cut := range []int{1 << 20, 1} {
						near, peer := WirePair(t)
						start(t, role, near, blocking)
						provoke(t, role, peer, v, cut)
					}
				}
			})
		}
	}
}

func peerOf(role protocol.Role) protocol.Role {
	if role == protocol.Server {
		return protocol.Client
	}
	return protocol.Server
}

// provoke sends a violation, in pieces of cut bytes, and compares what the connection sends.
func provoke(t *testing.T, role protocol.Role, peer *net.TCPConn, v testclient.Violation, cut int) {
	t.Helper()
	f := &Far{Conn: peer, TCP: peer, Role: role, R: bufio.NewReader(peer)}
	defer func() { _ = peer.Close() }()
	_ = f.SetDeadline(time.Now().Add(time.Minute)) // a test that waits longer has failed
	for b := v.Bytes(peerOf(role)); len(b) > 0; {
		n := min(cut, len(b))
		f.Send(t, b[:n])
		b = b[n:]
	}
	var got []string
	pongs := 0
	for closed := false; !closed; {
		frame, err := f.ReadFrame(t)
		switch {
		case err != nil:
			t.Fatalf("%s: a Close must come; got %q, %v", v.Name, got, err)
		case frame.Op == protocol.Pong:
			pongs++
		case frame.Op == protocol.CloseFrame:
			closed = true
			got = append(got, fmt.Sprintf("close %d %s", binary.BigEndian.Uint16(frame.Payload), frame.Payload[2:]))
		default:
			got = append(got, fmt.Sprintf("%v %s", frame.Op, frame.Payload))
		}
	}
	if !slices.Equal(got, v.Want) || (pongs == 1) != v.Pong || pongs > 1 {
		t.Errorf("%s, %d bytes at a time: the peer must receive %q; got %q and %d pongs", v.Name, cut, v.Want, got, pongs)
	}
}
