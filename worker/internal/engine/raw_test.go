package engine

import (
	"math"
	"testing"
	"unsafe"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

func TestRawNumberTag(t *testing.T) {
	for f, want := range map[float64]int32{
		0: lib.EJS_TAG_INT, 1: lib.EJS_TAG_INT, -1: lib.EJS_TAG_INT, math.MaxInt32: lib.EJS_TAG_INT, math.MinInt32: lib.EJS_TAG_INT,
		-0.5: lib.EJS_TAG_FLOAT64, math.MaxInt32 + 1: lib.EJS_TAG_FLOAT64, math.MinInt32 - 1: lib.EJS_TAG_FLOAT64,
		math.Inf(1): lib.EJS_TAG_FLOAT64, math.Inf(-1): lib.EJS_TAG_FLOAT64, 1e300: lib.EJS_TAG_FLOAT64,
	} {
		v := rawNumber(f)
		if tag(v) != want {
			t.Errorf("%v should have the tag %d, got %d", f, want, tag(v))
		}
		if back := rawFloat(v); back != f {
			t.Errorf("%v should come back unchanged, got %v", f, back)
		}
	}
	if v := rawNumber(math.Copysign(0, -1)); tag(v) != lib.EJS_TAG_FLOAT64 || !math.Signbit(rawFloat(v)) {
		t.Errorf("minus zero should keep its sign, got %v", rawFloat(v))
	}
	if v := rawNumber(math.NaN()); tag(v) != lib.EJS_TAG_FLOAT64 || !math.IsNaN(rawFloat(v)) {
		t.Errorf("NaN should stay NaN, got %v", rawFloat(v))
	}
}

func TestTagIsLowHalfOfWord(t *testing.T) {
	for _, want := range []int32{lib.EJS_TAG_OBJECT, lib.EJS_TAG_INT, lib.EJS_TAG_EXCEPTION} {
		if got := tag(simple(int64(uint32(want))|0x5A<<32, 0)); got != want {
			t.Errorf("the high half should not affect the tag %d, got %d", want, got)
		}
	}
	if !isException(rawException()) || isException(rawUndefined()) || isException(rawNull()) {
		t.Error("isException should be true only for an exception")
	}
}

func TestCStringIsTerminatedByNUL(t *testing.T) {
	r := open(t, Options{})
	for _, s := range []string{"", "name", "é中😀"} {
		p, err := r.cString(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := libc.GoString(p); got != s {
			t.Errorf("%q should be read back unchanged, got %q", s, got)
		}
		r.freeCString(p)
	}
}

func TestMemoryViewsAreShared(t *testing.T) {
	r := open(t, Options{})
	p := libc.Xcalloc(r.tls, 4, lib.Size_t(unsafe.Sizeof(uint32(0))))
	defer libc.Xfree(r.tls, p)
	view := memory[uint32](p, 4)
	*at[uint32](p + 8) = 7
	if len(view) != 4 || view[2] != 7 || view[3] != 0 {
		t.Errorf("a view should contain what is written to its memory, got %v", view)
	}
	if empty := memory[uint32](0, 0); empty != nil {
		t.Errorf("an empty view should be nil, got %v", empty)
	}
}

func TestPointerToIsUnique(t *testing.T) {
	first, again, other := pointerTo(pollInterrupt), pointerTo(pollInterrupt), pointerTo(trackRejection)
	if first == 0 || first != again {
		t.Errorf("a function should always have the same address, got %x and then %x", first, again)
	}
	if first == other {
		t.Error("two functions should have two addresses")
	}
}
