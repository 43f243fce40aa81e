package interop_test

import (
	"math/rand/v2"
	"testing"

	"github.com/lingerws/linger/websocket"
)

// fragmented is so long that every library that can write fragments does, compressed too, since it is noise. All its
// characters are of two bytes, and cut.
var fragmented = message{data: twoByteNoise(1 << 18)}

func twoByteNoise(characters int) []byte {
	noise := rand.New(rand.NewPCG(1, 2))
	text := make([]rune, characters)
	for i := range text {
		text[i] = rune(0x80 + noise.IntN(0x780))
	}
	return []byte(string(text))
}

func TestOurFragmentsArriveAsOneMessage(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		m := p.meet(t, websocket.Options{})
		if m.conn == nil {
			t.Log("the runtime sends whole messages only")
			return
		}
		w, err := m.conn.Writer(within(t), websocket.Text)
		if err != nil {
			t.Fatalf("a message must be started; got %v", err)
		}
		for data := fragmented.data; len(data) > 0; {
			piece := data[:min(len(data), 100_001)] // odd, so that it ends inside a character
			data = data[len(piece):]
			if _, err := w.Write(piece); err != nil {
				t.Fatalf("a fragment must be written; got %v", err)
			}
			wantPong(t, p, m) // RFC 6455, section 5.4: control frames may come between fragments
		}
		if err := w.Close(); err != nil {
			t.Fatalf("the message must be ended; got %v", err)
		}
		wantMessage(t, m.receive(t), fragmented)
	})
}

func TestTheirFragmentsArriveAsOneMessage(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		m := p.meet(t, websocket.Options{})
		if p.can(t, m, doFragments) {
			m.send(t, fragmented)
			wantMessage(t, m.receive(t), fragmented)
		}
	})
}

// Without it nobody would know whether the peers cut the message at all.
func TestTheirFragmentsAreCounted(t *testing.T) {
	eachPair(t, func(t *testing.T, p pair) {
		m := p.meet(t, websocket.Options{MaxFragments: 1})
		if !p.can(t, m, doFragments) {
			return
		}
		m.send(t, fragmented)
		if end := m.outcome(t); end.Sent.Code != websocket.ClosePolicyViolation {
			t.Errorf("a second fragment must be over a limit of one, and end in 1008; we sent %v, cause %s", end.Sent, end.Cause)
		}
		if r := wantReport(t, m.ended); r.Clean == "clean" && r.Code != 1008 {
			t.Errorf("the peer must not take a failed connection for a normal end; it reports %v", r)
		}
	})
}
