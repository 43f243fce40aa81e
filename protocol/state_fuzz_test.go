package protocol

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
)

// FuzzRestore restores a machine from any bytes and uses it. It must not panic, loop, or hold more than the state has, and a
// state that is accepted must survive another move.
func FuzzRestore(f *testing.F) {
	for _, m := range fullMachines() {
		f.Add(m.AppendState(nil), byte(m.cfg.modes()), []byte("\x80\x85\x01\x02\x03\x04hello"))
	}
	for _, path := range [][]string{{`peer text "a" more`}, {`peer raw 81`}, {`app close 1000`, `peer binary announce=100`}} {
		p, _, err := replay(Config{HalfOpen: true}, Server, path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(p.m.AppendState(nil), byte(modeHalfOpen), mustEncode(f, Server, `cont "b" | close 1000`))
	}
	f.Fuzz(func(t *testing.T, state []byte, modes byte, input []byte) {
		cfg := Config{HalfOpen: modes&modeHalfOpen != 0, HalfCloseNegotiated: modes&modeHalfClose != 0, DeferFailure: modes&modeDeferFailure != 0,
			Pieces: modes&modePieces != 0, MaxMessage: 4 << 10, MaxFragments: 50, MaskKey: fixedKey, Role: Role(modes & modeClient)}
		if modes&modeCompression != 0 {
			cfg.Compression = fakeCompression{}
		}
		m := New(cfg)
		if m.Restore(state) != nil {
			return
		}
		if held := len(m.input) + len(m.body) + len(m.control) + len(m.output) + len(m.pong) + len(m.cause); held > len(state) {
			t.Fatalf("a machine that is restored from %d bytes holds %d", len(state), held)
		}
		saved := m.AppendState(nil)
		again := New(cfg)
		if err := again.Restore(saved); err != nil || !bytes.Equal(again.AppendState(nil), saved) {
			t.Fatalf("the state %x becomes %x at the first move, and at the second %x with error %v", state, saved, again.AppendState(nil), err)
		}
		exhaust(t, m, input)
	})
}

// exhaust calls each method of a machine.
func exhaust(t *testing.T, m *Machine, input []byte) {
	t.Helper()
	calls := []func(){
		func() { m.Receive(bytes.Clone(input)) },
		func() { m.Wrote(m.Queued()) },
		func() { _ = m.SendFragment(Continuation, []byte("c"), false) },
		func() { _ = m.Send(Text, []byte("text")) },
		func() { m.Expire(m.Timer()) },
		func() { _ = m.Ping(nil) },
		func() { m.AnswerClose() },
		func() { m.Fail() },
		func() { _ = m.CloseDiscard(CloseNormal, "", 1) },
		func() { m.ReceiveEOF() },
		func() { m.Abort("") },
	}
	for _, call := range calls {
		call()
		for events := 0; ; events++ {
			if _, ok := m.Next(); !ok {
				break
			}
			if events > 2*(len(input)+len(m.input))+100 {
				t.Fatal("Next returns events without end")
			}
		}
		m.Output(nil)
		m.Timer()
		m.Outcome()
	}
}

// FuzzMove plays inputs of the peer, the application, the driver and the timers in any order with two machines, one of which is
// replaced at random by one that is restored from its state. Both must do the same.
func FuzzMove(f *testing.F) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 100 {
		seed := make([]byte, 3+random.IntN(30))
		for i := range seed {
			seed[i] = byte(random.IntN(256))
		}
		f.Add(uint64(random.IntN(100)), seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64, steps []byte) {
		if len(steps) < 2 {
			return
		}
		how, modes := steps[0], steps[1]
		cfg := Config{HalfOpen: how&2 != 0, DeferFailure: how&32 != 0, MaxMessage: 4000, MaxFragments: 3, MaxLinger: 10_000,
			HalfCloseNegotiated: modes&1 != 0, Pieces: modes&2 != 0}
		if modes&4 != 0 {
			cfg.Compression = fakeCompression{}
		}
		random := rand.New(rand.NewPCG(seed, 0))
		still, moving := newPlayer(cfg, Role(how&1)), newPlayer(cfg, Role(how&1))
		for _, p := range []*player{still, moving} {
			p.chunk, p.lazy = int(how>>2&3), how&16 != 0
		}
		var path []string
		for _, step := range steps[2:min(len(steps), 60)] {
			path = append(path, inputsToMix[int(step)%len(inputsToMix)])
			want, err := still.play(path[len(path)-1])
			if err != nil {
				t.Fatalf("after %q: %v", path, err)
			}
			moving.moving = random.IntN(2) == 0
			got, err := moving.play(path[len(path)-1])
			if err != nil || !slices.Equal(got, want) {
				t.Fatalf("after %q a machine that moves does %q with error %v, expected %q", path, got, err, want)
			}
		}
		if a, b := still.m.AppendState(nil), moving.m.AppendState(nil); !bytes.Equal(a, b) {
			t.Fatalf("after %q the state of a machine that has moved is %x, expected %x", path, b, a)
		}
	})
}
