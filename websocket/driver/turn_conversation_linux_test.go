package driver

import (
	"bytes"
	"math/rand/v2"
	"net"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// replies are what the handler of a conversation does with a message, by its first byte, and the bytes that the peer receives
// for it.
var replies = map[byte]struct {
	act  func(d *Driver, payload []byte)
	want func(payload string) []byte
}{
	'e': {echoed, func(p string) []byte { return served(p) }},
	'n': {func(*Driver, []byte) {}, func(string) []byte { return nil }},
	't': {
		func(d *Driver, p []byte) { d.Together(func() { echoed(d, p); echoed(d, p) }) },
		func(p string) []byte { return served(p, p) },
	},
	'r': {
		func(d *Driver, p []byte) { d.Pause(); echoed(d, p); d.Resume(); echoed(d, p) },
		func(p string) []byte { return served(p, p) },
	},
	'p': {
		func(d *Driver, _ []byte) { _ = d.Ping([]byte("ping")) },
		func(string) []byte { return []byte("\x89\x04ping") },
	},
	'g': {
		func(d *Driver, p []byte) { elsewhere(func() { echoed(d, p) }) },
		func(p string) []byte { return served(p) },
	},
	'l': {
		func(d *Driver, p []byte) { echoed(d, bytes.Repeat(p[:1], 20<<10)) },
		func(p string) []byte { return served(string(bytes.Repeat([]byte(p[:1]), 20<<10))) },
	},
}

// A random conversation of several connections, whose input arrives together, has the same bytes with and without rings.
func TestTurnConversations(t *testing.T) {
	eachLoopWay(t, func(t *testing.T, l *oneLoop) {
		for seed := range uint64(5) {
			random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test that can be repeated
			var peers []*net.TCPConn
			for range 8 {
				_, peer := l.connect(newDoing(func(d *Driver, payload []byte) { replies[payload[0]].act(d, bytes.Clone(payload)) }))
				peers = append(peers, peer)
			}
			for range 30 {
				converse(t, l, random, peers)
			}
			for _, peer := range peers {
				writeAll(t, peer, append(wiretest.TextFrame("e"), wiretest.CloseFrame(1000, "")...))
				wantBytes(t, peer, append(served("e"), "\x88\x02\x03\xe8"...), "at the end")
				wantEOF(t, nil, peer)
			}
		}
	})
}

// converse is a round: up to four messages for each connection, and the replies.
func converse(t *testing.T, l *oneLoop, random *rand.Rand, peers []*net.TCPConn) {
	t.Helper()
	inputs, wants := make([][]byte, len(peers)), make([][]byte, len(peers))
	for i := range peers {
		for range random.IntN(5) {
			message := string("entrpgl"[random.IntN(7)]) + string(bytes.Repeat([]byte("x"), random.IntN(300)))
			inputs[i] = append(inputs[i], wiretest.Frame(protocol.Server, protocol.Text, []byte(message))...)
			wants[i] = append(wants[i], replies[message[0]].want(message)...)
		}
	}
	l.atOnce(func() {
		for i, peer := range peers {
			writeAll(t, peer, inputs[i])
		}
	})
	for i, peer := range peers {
		wantBytes(t, peer, wants[i], "in a conversation")
	}
}
