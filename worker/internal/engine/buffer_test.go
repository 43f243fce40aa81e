package engine

import (
	"bytes"
	"errors"
	"testing"
)

func TestBytesOfBuffersAndViews(t *testing.T) {
	r := open(t, Options{})
	for source, want := range map[string][]byte{
		"new ArrayBuffer(0)":                               {},
		"new Uint8Array([1,2,3]).buffer":                   {1, 2, 3},
		"new Uint8Array([1,2,3,4]).subarray(1,3)":          {2, 3},
		"new Uint8Array(0)":                                {},
		"new Uint16Array([0x0201,0x0403]).subarray(1)":     {3, 4},
		"new Uint8ClampedArray([300])":                     {255},
		"new Float64Array(1)":                              make([]byte, 8),
		"new BigInt64Array([1n])":                          {1, 0, 0, 0, 0, 0, 0, 0},
		"new DataView(new Uint8Array([1,2,3]).buffer,1)":   {2, 3},
		"new DataView(new Uint8Array([1,2,3]).buffer,1,1)": {2},
		"new SharedArrayBuffer(2)":                         {0, 0},
		"var b = new ArrayBuffer(4, {maxByteLength: 9}); var v = new Uint16Array(b, 2); b.resize(7); v":   {0, 0, 0, 0},
		"var b = new ArrayBuffer(4, {maxByteLength: 9}); var v = new DataView(b, 2); b.resize(7); v":      {0, 0, 0, 0, 0},
		"var b = new ArrayBuffer(4, {maxByteLength: 9}); var v = new Uint8Array(b, 1, 2); b.resize(3); v": {0, 0},
	} {
		if v := eval(t, r, source); v.Kind() != KindBytes || !bytes.Equal(v.Bytes(), want) {
			t.Errorf("%s should be converted to the bytes %v, got %v %v", source, want, v.Kind(), v.Bytes())
		}
	}
}

func TestBytesOfDetachedBuffersFail(t *testing.T) {
	r := open(t, Options{})
	define(t, r, "take", func([]Value) (Value, error) { return Undefined(), nil })
	for _, source := range []string{
		"var b = new ArrayBuffer(4); b.transfer(); __host.take(b)",
		"var b = new ArrayBuffer(4); var v = new Uint8Array(b); b.transfer(); __host.take(v)",
		"var b = new ArrayBuffer(4); var v = new DataView(b); b.transfer(); __host.take(v)",
		"var b = new ArrayBuffer(8, {maxByteLength: 9}); var v = new Uint8Array(b, 4, 4); b.resize(6); __host.take(v)",
		"var b = new ArrayBuffer(8, {maxByteLength: 9}); var v = new DataView(b, 4); b.resize(2); __host.take(v)",
	} {
		if e := mustThrow(t, r, source); e.Name != "TypeError" {
			t.Errorf("%s should throw a TypeError, got %v", source, e)
		}
	}
}

func TestBytesAreCopied(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, "globalThis.keep = b => { globalThis.kept = new Uint8Array(b); return kept }; globalThis.first = () => kept[0]")
	in := []byte{1, 2, 3}
	out, err := r.Call(global(t, r, "keep"), Bytes(in))
	if err != nil {
		t.Fatal(err)
	}
	in[0], out.Bytes()[0] = 99, 98
	if v, _ := r.Call(global(t, r, "first")); v.Int() != 1 {
		t.Errorf("a change of the host's bytes should not affect the script's, got %v", v)
	}
	eval(t, r, "kept[1] = 77")
	if out.Bytes()[1] != 2 {
		t.Errorf("a change of the script's bytes should not affect the host's, got %v", out.Bytes())
	}
	if v := eval(t, r, "kept.buffer.constructor === ArrayBuffer && new Uint8Array(kept.buffer.transfer(5))[4] === 0"); !v.Bool() {
		t.Error("bytes should become an ordinary ArrayBuffer, which can be transferred")
	}
}

func TestBytesCountTowardsMemoryLimit(t *testing.T) {
	r := open(t, Options{MemoryLimit: 4 << 20})
	eval(t, r, "globalThis.same = b => b")
	if _, err := r.Call(global(t, r, "same"), Bytes(make([]byte, 8<<20))); !errors.Is(err, ErrOutOfMemory) {
		t.Errorf("bytes beyond the limit should be ErrOutOfMemory, got %v", err)
	}
}
