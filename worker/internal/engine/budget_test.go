package engine

import (
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/race"
)

// dispatcher returns a Runtime with handlers like those of a worker: each event creates an object from plain arguments and
// makes one host call.
func dispatcher(t testing.TB) (r *Runtime, sync, async, same *Function) {
	r = open(t, Options{MemoryLimit: 64 << 20})
	define(t, r, "send", func([]Value) (Value, error) { return Undefined(), nil })
	eval(t, r, `"use strict";
		const send = __host.send;
		globalThis.sync = (type, id, data, binary, time) => { const e = {type, id, data, binary, time}; send(e.time) };
		const handler = async (e) => { await Promise.resolve(); send(e.time) };
		globalThis.async = (type, id, data, binary, time) => { handler({type, id, data, binary, time}) };
		globalThis.same = x => x`)
	return r, global(t, r, "sync"), global(t, r, "async"), global(t, r, "same")
}

func TestRuntimeCallAllocations(t *testing.T) {
	if race.Enabled {
		return // the race detector allocates too
	}
	r, sync, async, same := dispatcher(t)
	text, bytes := strings.Repeat("x", 1024), make([]byte, 1024)
	for name, c := range map[string]struct {
		budget float64
		call   func()
	}{
		"an event":        {0, func() { mustCall(t, r, sync, String("message"), Int(1), String("data"), Bool(true), Number(1.5)) }},
		"an async event":  {0, func() { mustCall(t, r, async, String("message"), Int(1), String("data"), Bool(true), Number(1.5)) }},
		"a text returned": {1, func() { mustCall(t, r, same, String(text)) }},
		"bytes returned":  {1, func() { mustCall(t, r, same, Bytes(bytes)) }},
	} {
		if got := testing.AllocsPerRun(200, c.call); got > c.budget {
			t.Errorf("%s should take at most %v allocations, got %v", name, c.budget, got)
		}
	}
}

// mustCall fails the test if the call returns an error.
func mustCall(t testing.TB, r *Runtime, f *Function, args ...Value) {
	if _, err := r.Call(f, args...); err != nil {
		t.Fatal(err)
	}
}

func benchmarkCall(b *testing.B, r *Runtime, f *Function, args ...Value) {
	b.ReportAllocs()
	for b.Loop() {
		mustCall(b, r, f, args...)
	}
}

func BenchmarkEvent(b *testing.B) {
	r, sync, async, _ := dispatcher(b)
	args := []Value{String("message"), Int(1), String("some data"), Bool(true), Number(1.5)}
	b.Run("sync", func(b *testing.B) { benchmarkCall(b, r, sync, args...) })
	b.Run("async", func(b *testing.B) { benchmarkCall(b, r, async, args...) })
}

func BenchmarkEcho(b *testing.B) {
	r, _, _, same := dispatcher(b)
	b.Run("1KiB ASCII", func(b *testing.B) { benchmarkCall(b, r, same, String(strings.Repeat("x", 1024))) })
	b.Run("1KiB mixed", func(b *testing.B) { benchmarkCall(b, r, same, String(strings.Repeat("aé中😀xx", 85))) })
	b.Run("64KiB bytes", func(b *testing.B) { benchmarkCall(b, r, same, Bytes(make([]byte, 64<<10))) })
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		r, err := New(Options{})
		if err != nil {
			b.Fatal(err)
		}
		r.dispose()
	}
}
