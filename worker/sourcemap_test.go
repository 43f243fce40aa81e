package worker

import (
	"strings"
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
)

// testMap maps line 2 of a bundle, from its first and fifth column on, to line 10,
// columns 1 and 9 of src/app.ts. Nothing maps to line 1.
func testMap(t *testing.T) *sourceMap {
	t.Helper()
	m, err := newSourceMap([]byte(`{"version": 3, "sources": ["src/app.ts"], "names": [], "mappings": ";AASA,IAAQ"}`))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPlacesInATextAreThoseOfTheSources(t *testing.T) {
	t.Parallel()
	m := testMap(t)
	for text, want := range map[string]string{
		"":                                   "",
		"no place":                           "no place",
		"    at f (linger:app:2:1)\n":        "    at f (src/app.ts:10:1)\n",
		"linger:app:2:5 and linger:app:2:99": "src/app.ts:10:9 and src/app.ts:10:9",
		"linger:app:2:4":                     "src/app.ts:10:1",
		"linger:app:1:1":                     "linger:app:1:1",
		"linger:app:999:1":                   "linger:app:999:1",
		"linger:web:2:1":                     "linger:web:2:1",
		"Error: x\n    at f (linger:app:2:1)\n    at call (native)\n    at run (linger:web:1:5)\n": "Error: x\n    at f (src/app.ts:10:1)\n",
		"    at map (native)\n    at f (linger:app:2:1)\n    at g (linger:web:1:5)":                "    at map (native)\n    at f (src/app.ts:10:1)",
		"linger:app:99999999999999999999:1":                                                        "linger:app:99999999999999999999:1",
	} {
		if got := m.trace(text); got != want {
			t.Errorf("%q reads %q; got %q", text, want, got)
		}
	}
}

func TestTheOriginIsTheFirstFrameOfTheApplication(t *testing.T) {
	t.Parallel()
	m := testMap(t)
	e := &engine.Exception{Frames: []engine.Frame{
		{File: "linger:web", Line: 2, Column: 1}, {File: bundleName, Line: 1, Column: 1},
		{File: bundleName, Line: 2, Column: 6}, {File: bundleName, Line: 2, Column: 1},
	}}
	if got := m.origin(e.Frames).String(); got != "src/app.ts:10:9" {
		t.Errorf("the origin is src/app.ts:10:9; got %q", got)
	}
	if got := m.origin(nil); got != (Position{}) || got.String() != "" {
		t.Errorf("without frames there is no origin; got %q", got)
	}
}

func TestCallsOfWhichNothingIsKnownAreNotInAStack(t *testing.T) {
	t.Parallel()
	var s ScriptError
	testMap(t).locate(&s, engine.Frames("    at \n    at <anonymous> ()\n    at f (linger:app:2:1)\n    at now (native)\n"))
	if got, want := strings.Join(s.Stack, ", "), "f (src/app.ts:10:1), now (native)"; got != want {
		t.Errorf("the stack is %q; got %q", want, got)
	}
}

func TestASourceMapThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := newSourceMap([]byte("{")); err == nil {
		t.Error("a broken source map is refused")
	}
}

func TestABundleWithoutCodeHasNoPlaces(t *testing.T) {
	t.Parallel()
	m, err := newSourceMap([]byte(`{"version": 3, "sources": [], "names": [], "mappings": ""}`))
	if err != nil {
		t.Fatalf("an empty source map is a good one; got %v", err)
	}
	if got := m.trace("linger:app:1:1"); got != "linger:app:1:1" {
		t.Errorf("places that are unknown stay; got %q", got)
	}
}

func FuzzTrace(f *testing.F) {
	f.Add("at f (linger:app:2:1)")
	f.Add("linger:app:2:99999999999999999999")
	f.Fuzz(func(t *testing.T, text string) { testMap(t).trace(text) })
}
