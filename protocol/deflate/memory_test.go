package deflate

import (
	"runtime"
	"testing"
	"weak"
)

// overhead is the memory in bytes that a Deflater and an Inflater may use in addition to
// their windows.
const overhead = 512

// heap returns the bytes in use after garbage collection. It collects several times,
// because a pool survives one collection.
func heap() uint64 {
	for range 3 {
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

type pair struct {
	out *Deflater
	in  *Inflater
}

// idlePairs returns the memory that each of some connections uses after it has sent talk
// bytes in each direction.
func idlePairs(t *testing.T, w Window, talk int) int {
	t.Helper()
	const count = 30
	before := heap()
	pairs := make([]pair, count)
	for i := range pairs {
		pairs[i] = pair{NewDeflater(w, Options{}), NewInflater(w)}
		for range 5 {
			expectRoundTrip(t, pairs[i].out, pairs[i].in, chat(uint64(i), talk/5))
		}
	}
	after := heap()
	runtime.KeepAlive(pairs)
	return int(int64(after)-int64(before)) / count
}

func TestIdleMemory(t *testing.T) {
	for _, c := range []struct {
		window Window
		talk   int
		most   int
	}{
		{Window{Bits: 15}, 100_000, 2 << 15},
		{Window{Bits: 12}, 100_000, 2 << 12},
		{Window{Bits: 8}, 100_000, 2 << 8},
		{Window{Bits: 15}, 2_000, 2 * 4_000}, // the window grows by doubling
		{Window{Bits: 15, NoContextTakeover: true}, 100_000, 0},
	} {
		got := idlePairs(t, c.window, c.talk)
		t.Logf("%+v, after %d bytes each way: %d bytes for both directions", c.window, c.talk, got)
		if got > c.most+overhead {
			t.Errorf("with %+v an idle connection uses %d bytes after %d bytes each way, expected at most %d and %d overhead",
				c.window, got, c.talk, c.most, overhead)
		}
	}
}

// The package documentation has the sizes of the pooled states.
func TestPooledMemory(t *testing.T) {
	for _, c := range []struct {
		name string
		make func() any
		most int
	}{
		{"an encoder of level 1", func() any { return warm(levelEncoders[1]) }, 900 << 10},
		{"an encoder of level 5", func() any { return warm(levelEncoders[5]) }, 1150 << 10},
		{"an encoder of level 9", func() any { return warm(levelEncoders[9]) }, 1500 << 10},
		{"an encoder of a small window", func() any { return warm(windowEncoders[9]) }, 1150 << 10},
		{"a decoder", func() any { return decoders.create() }, 40 << 10},
	} {
		const count = 8
		before := heap()
		var states [count]any
		for i := range states {
			states[i] = c.make()
		}
		got := int(int64(heap())-int64(before)) / count
		runtime.KeepAlive(states)
		t.Logf("%s takes %d bytes", c.name, got)
		if got > c.most {
			t.Errorf("%s takes %d bytes, expected at most %d", c.name, got, c.most)
		}
	}
}

// warm returns a new encoder that has been used, because it allocates some memory late.
func warm(p *pool[encoder]) *encoder {
	e := p.create()
	e.encode(nil, chat(1, 32<<10), chat(2, 64<<10))
	return e
}

// A pooled state must not keep the window or messages of a connection alive.
func TestPooledStateReferences(t *testing.T) {
	e, d := levelEncoders[1].create(), decoders.create()
	used := useStates(t, e, d)
	runtime.GC()
	for what, pointer := range used {
		if pointer.Value() != nil {
			t.Errorf("a pooled state keeps %s alive", what)
		}
	}
	runtime.KeepAlive(e)
	runtime.KeepAlive(d)
}

// useStates uses both states, and returns the memory that they used.
func useStates(t *testing.T, e *encoder, d *decoder) map[string]weak.Pointer[byte] {
	t.Helper()
	dictionary, message, room := make([]byte, 9000), make([]byte, 8000), make([]byte, 9000)
	compressed := NewDeflater(Window{}, Options{}).Deflate(make([]byte, 0, 9000), message, true)
	e.encode(room[:0], dictionary, message)
	d.begin(room[:0], compressed, len(message))
	if done, err := d.inflate(dictionary); !done || err != nil {
		t.Fatalf("inflating a compressed message gives done %v, with error %v", done, err)
	}
	d.release()
	return map[string]weak.Pointer[byte]{
		"the dictionary":     weak.Make(&dictionary[0]),
		"a sent message":     weak.Make(&message[0]),
		"a received message": weak.Make(&compressed[0]),
		"the output":         weak.Make(&room[0]),
	}
}
