package interop_test

import (
	"math/rand/v2"
	"testing"

	"github.com/lingerws/linger/websocket"
)

// fragmented is a message that is so long that all libraries with fragments write it in fragments. It is random, so that
// this holds with compression too. Its characters have two bytes, so that fragments split them.
var fragmented = message{data: twoByteNoise(1 << 18)}

func twoByteNoise(characters int) []byte {
	noise := rand.New(rand.NewPCG(1, 2))
	text := make([]rune, characters)
	for i := range text {
		text[i] = rune(0x80 + noise.IntN(0x780))
	}
	return []byte(string(text))
}

func TestFragmentsOurs(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		m := p.connect(t, websocket.Options{})
		if m.conn == nil {
			t.Log("the runtime does not send fragments")
			return
		}
		w, err := m.conn.Writer(within(t), websocket.Text)
		if err != nil {
			t.Fatalf("Writer returns %v", err)
		}
		for data := fragmented.data; len(data) > 0; {
			piece := data[:min(len(data), 100_001)] // odd, so that it ends within a character
			data = data[len(piece):]
			if _, err := w.Write(piece); err != nil {
				t.Fatalf("Write of a fragment returns %v", err)
			}
			wantPong(t, p, m) // RFC 6455, section 5.4: control frames are allowed between fragments
		}
		if err := w.Close(); err != nil {
			t.Fatalf("Close of the message returns %v", err)
		}
		wantMessage(t, m.receive(t), fragmented)
	})
}

func TestFragmentsPeers(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		m := p.connect(t, websocket.Options{})
		if p.can(t, m, doFragments) {
			m.send(t, fragmented)
			wantMessage(t, m.receive(t), fragmented)
		}
	})
}

// This test checks that the peers do send fragments.
func TestFragmentsPeersLimit(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		m := p.connect(t, websocket.Options{MaxFragments: 1})
		if !p.can(t, m, doFragments) {
			return
		}
		m.send(t, fragmented)
		if end := m.outcome(t); end.Sent.Code != websocket.ClosePolicyViolation {
			t.Errorf("with a limit of one fragment we send %v, cause %s; expected 1008", end.Sent, end.Cause)
		}
		if r := wantReport(t, m.ended); r.Clean == "clean" && r.Code != 1008 {
			t.Errorf("the peer reports %v, expected 1008 or an unclean end", r)
		}
	})
}
