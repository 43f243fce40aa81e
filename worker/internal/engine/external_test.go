package engine

import (
	"math"
	"strings"
	"testing"
)

func TestValueBigInt(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "globalThis.next = n => n + 1n")
	for _, n := range []int64{0, 1, -1, 1 << 40, math.MaxInt64 - 1, math.MinInt64} {
		v, err := r.Call(global(t, r, "next"), BigInt(n))
		if err != nil || v.Kind() != KindBigInt || v.BigInt() != n+1 {
			t.Errorf("%dn + 1n must be %dn, got %v, %v", n, n+1, v, err)
		}
	}
	if String("1").BigInt() != 0 || KindBigInt.String() != "bigint" {
		t.Error("a string is not a BigInt, and the kind has a name")
	}
}

func TestBufferSharesMemoryWithTheScript(t *testing.T) {
	r := open(t, Options{})
	memory := []byte("hello")
	var buffer *Buffer
	define(t, r, "memory", func([]Value) (v Value, err error) {
		if buffer, err = r.NewBuffer(memory); err != nil {
			return Undefined(), err
		}
		return buffer.Value(), nil
	})
	define(t, r, "detach", func([]Value) (Value, error) {
		buffer.Detach()
		buffer.Detach() // the second call does nothing
		return Undefined(), nil
	})
	eval(t, r, `globalThis.view = new Uint8Array(__host.memory()); view[0] = "j".charCodeAt()`)
	memory[4] = 'y'
	if got := eval(t, r, `String.fromCharCode(...view)`).String(); got != "jelly" || string(memory) != "jelly" {
		t.Errorf("the script reads %q and the host %q, expected jelly", got, memory)
	}
	if got := eval(t, r, `view.buffer.transfer().byteLength + " " + view.length`).String(); got != "5 0" {
		t.Errorf("the script may transfer the buffer, got %s", got)
	}
	eval(t, r, `view = new Uint8Array(__host.memory()); __host.detach()`)
	if got := eval(t, r, `view.length + " " + view.buffer.byteLength`).String(); got != "0 0" {
		t.Errorf("a detached buffer and its views are empty, got %s", got)
	}
	buffer.Release()
	buffer.Detach()
	if _, err := r.Call(global(t, r, "String"), buffer.Value()); err == nil {
		t.Error("a released buffer cannot be passed")
	}
	if _, err := r.NewBuffer(make([]byte, math.MaxInt32+1)); err == nil {
		t.Error("a buffer of 2 GiB must be refused")
	}
}

func TestAddMemoryCountsTowardsTheLimit(t *testing.T) {
	const limit = 8 << 20
	r := open(t, Options{MemoryLimit: limit})
	before := r.Memory().Used
	if r.AddMemory(limit) {
		t.Error("memory above the limit must be refused")
	}
	if !r.AddMemory(4<<20) || r.Memory().Used != before+4<<20 {
		t.Errorf("4 MiB must be added, %d bytes are in use", r.Memory().Used)
	}
	if _, err := r.EvalScript("test.js", `new ArrayBuffer(5 << 20)`); err == nil || !strings.Contains(err.Error(), "memory") {
		t.Errorf("the script must run out of memory, got %v", err)
	}
	if !r.AddMemory(-4<<20) || r.Memory().Used > before+1<<20 {
		t.Errorf("4 MiB must be removed, %d bytes are in use", r.Memory().Used)
	}
	freed := 0
	r.OnClose(func() { freed++ })
	_ = r.Close()
	_ = r.Close()
	if freed != 1 {
		t.Errorf("the function of OnClose must be called once, got %d", freed)
	}
	if r.AddMemory(1) || !r.AddMemory(-1) {
		t.Error("nothing can be added to a closed runtime")
	}
}

func TestInterruptedUntilClearInterrupt(t *testing.T) {
	r := open(t, Options{})
	r.Interrupt()
	if !r.Interrupted() {
		t.Error("Interrupted must report the interrupt")
	}
	r.ClearInterrupt()
	if r.Interrupted() {
		t.Error("ClearInterrupt must end the interrupt")
	}
}
