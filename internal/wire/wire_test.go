package wire_test

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/lingerws/linger/internal/wire"
)

func TestReader(t *testing.T) {
	b := wire.AppendUint(nil, 1, 150)
	b = wire.AppendInt(b, 2, -1)
	b = wire.AppendBool(b, 3, true)
	b = wire.AppendString(b, 16, "testing")
	b = wire.AppendBytes(b, wire.MaxField, nil)
	b = wire.AppendUint(b, 4, 0)
	b = wire.AppendBool(b, 5, false)
	// The first and the fourth are examples of the format's documentation.
	want := slices.Concat([]byte{0x08, 0x96, 0x01, 0x10, 0x01, 0x18, 0x01, 0x82, 0x01, 0x07}, []byte("testing"), []byte{0xfa, 0xff, 0xff, 0xff, 0x0f, 0x00})
	if !bytes.Equal(b, want) {
		t.Fatalf("the record is %x, expected %x", b, want)
	}
	r := wire.NewReader(b)
	var fields []int
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		fields = append(fields, field)
		switch field {
		case 1:
			if r.Uint() != 150 {
				t.Errorf("field 1 is %d", r.Uint())
			}
		case 2:
			if r.Int() != -1 {
				t.Errorf("field 2 is %d", r.Int())
			}
		case 3:
			if !r.Bool() {
				t.Error("field 3 is false")
			}
		case 16:
			if r.String() != "testing" || r.Uint() != 0 {
				t.Errorf("field 16 is %q and %d", r.String(), r.Uint())
			}
		}
	}
	if want := []int{1, 2, 3, 16, wire.MaxField}; !slices.Equal(fields, want) || r.Err() != nil {
		t.Errorf("the fields are %v with error %v, expected %v", fields, r.Err(), want)
	}
}

func TestAppendRecord(t *testing.T) {
	for _, size := range []int{0, 1, 127, 128, 70_000} {
		content := bytes.Repeat([]byte("ab"), size)[:size]
		got := wire.AppendRecord([]byte("before"), 7, func(b []byte) []byte { return append(b, content...) })
		if want := wire.AppendBytes([]byte("before"), 7, content); !bytes.Equal(got, want) {
			t.Errorf("a record of %d bytes is appended as %d bytes that differ from those of AppendBytes", size, len(got))
		}
	}
}

func TestReaderIntLimits(t *testing.T) {
	for _, v := range []int64{math.MinInt64, math.MaxInt64, -2, 2} {
		r := wire.NewReader(wire.AppendInt(nil, 1, v))
		if _, ok := r.Next(); !ok || r.Int() != v {
			t.Errorf("%d is read as %d", v, r.Int())
		}
	}
}

func TestReaderMalformed(t *testing.T) {
	for name, record := range map[string][]byte{
		"a key is cut":                {0x80},
		"a number is cut":             {0x08, 0x80},
		"a number is too long":        {0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"a length is cut":             {0x0a},
		"bytes are cut":               {0x0a, 0x02, 'a'},
		"a length is larger than all": {0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01},
		"the field has number 0":      {0x00, 0x01},
		"the type is unknown":         {0x0d, 0, 0, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			r := wire.NewReader(record)
			if _, ok := r.Next(); ok || !errors.Is(r.Err(), wire.ErrFormat) {
				t.Errorf("Next returns %v with error %v, expected ErrFormat", ok, r.Err())
			}
			if _, ok := r.Next(); ok {
				t.Error("Next goes on after an error")
			}
		})
	}
}

// FuzzReader checks that a record which can be read is the same after its fields have been written again.
func FuzzReader(f *testing.F) {
	f.Add([]byte{0x08, 0x96, 0x01, 0x12, 0x01, 'a'})
	f.Fuzz(func(t *testing.T, record []byte) {
		var again []byte
		r := wire.NewReader(record)
		for field, ok := r.Next(); ok; field, ok = r.Next() {
			if r.Bytes() != nil {
				again = wire.AppendBytes(again, field, r.Bytes())
			} else {
				again = wire.AppendUint(again, field, r.Uint())
			}
		}
		second := wire.NewReader(again)
		for _, ok := second.Next(); ok; _, ok = second.Next() {
		}
		if second.Err() != nil {
			t.Errorf("%x is written as %x, which cannot be read", record, again)
		}
	})
}
