package engine

import (
	"math"
	"testing"
)

func TestValueAccessorsOfOtherKinds(t *testing.T) {
	all := []Value{Undefined(), Null(), Bool(true), Int(7), String("x"), Bytes([]byte{1}), List(Int(1)), new(Function).Value()}
	for i, v := range all {
		if int(v.Kind()) != i {
			t.Errorf("value %d should be of kind %v, got %v", i, Kind(i), v.Kind())
		}
		if v.Bool() != (i == 2) || (v.Int() != 0) != (i == 3) || (v.Bytes() != nil) != (i == 5) ||
			(v.List() != nil) != (i == 6) || (v.Function() != nil) != (i == 7) {
			t.Errorf("only the accessor of its own kind should return the value of a %v", v.Kind())
		}
		if v.String() == "" {
			t.Errorf("a %v should have a readable form", v.Kind())
		}
	}
}

func TestValueIntRange(t *testing.T) {
	for f, want := range map[float64]int{1.9: 1, -1.9: -1, math.Inf(1): math.MaxInt, math.Inf(-1): math.MinInt, 1e300: math.MaxInt} {
		if got := Number(f).Int(); got != want {
			t.Errorf("%v should be the int %d, got %d", f, want, got)
		}
	}
	if Number(math.NaN()).Int() != 0 {
		t.Error("NaN should be the int 0")
	}
}

func TestKindStringOfUnknownKind(t *testing.T) {
	if got := Kind(99).String(); got != "Kind(99)" {
		t.Errorf("an unknown kind should be named by its number, got %s", got)
	}
}

func TestValueEmpty(t *testing.T) {
	if String("").String() != "" || len(Bytes(nil).Bytes()) != 0 || len(List().List()) != 0 {
		t.Error("empty values should be empty")
	}
}

func TestValueTextAndContentDoNotCopy(t *testing.T) {
	b := []byte("text")
	if v := Text(b); v.Kind() != KindString || v.String() != "text" || &v.Content()[0] != &b[0] {
		t.Errorf("Text should return a string with the memory of its argument, got %v", v)
	}
	if got := Bytes(b).Content(); &got[0] != &b[0] {
		t.Error("Content should return the bytes without copying them")
	}
	if got := String("").Content(); got == nil || len(got) != 0 || len(Text(nil).Content()) != 0 || Int(1).Content() != nil {
		t.Error("Content should be empty for an empty string, and nil for a number")
	}
}
