package engine

import (
	"slices"
	"testing"
)

func TestParseStack(t *testing.T) {
	got := parseStack("    at f (a.js:1:2)\n    at <anonymous> (file:///x y/b.js:3:4)\n    at map (native)\n    at <eval> (c.js:5)\n    at d.js:6:7\nError: no frame\n    at g (h (i:8:9)\n    at \n")
	want := []Frame{
		{"f", "a.js", 1, 2}, {"", "file:///x y/b.js", 3, 4}, {"map", "native", 0, 0}, {"", "c.js", 5, 0}, {"", "d.js", 6, 7}, {"g", "h (i", 8, 9},
	}
	if !slices.Equal(got, want) {
		t.Errorf("the stack should be parsed to\n%+v, got\n%+v", want, got)
	}
}
