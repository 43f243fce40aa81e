package bundle

import (
	"testing"
)

// testMap maps line 2 of a bundle, from its first and fifth column on, to line 10,
// columns 1 and 9 of src/app.ts. Line 1 of the bundle has no source.
func testMap(t *testing.T) *Sources {
	t.Helper()
	m, err := NewSources([]byte(`{"version": 3, "sources": ["src/app.ts"], "names": [], "mappings": ";AASA,IAAQ"}`))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSourcesTraceReplacesPositions(t *testing.T) {
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
		"E\n    at f (linger:web/streams:1:5)\n    at g (linger:app:2:1)":                          "E\n    at g (src/app.ts:10:1)",
		"linger:app:99999999999999999999:1":                                                        "linger:app:99999999999999999999:1",
	} {
		if got := m.Trace(text); got != want {
			t.Errorf("%q becomes %q; got %q", text, want, got)
		}
	}
}

func TestNewSourcesRefusesInvalidJSON(t *testing.T) {
	t.Parallel()
	if _, err := NewSources([]byte("{")); err == nil {
		t.Error("an invalid source map is refused")
	}
}

func TestSourcesOfAnEmptyBundleHaveNoPositions(t *testing.T) {
	t.Parallel()
	m, err := NewSources([]byte(`{"version": 3, "sources": [], "names": [], "mappings": ""}`))
	if err != nil {
		t.Fatalf("an empty source map is valid; got %v", err)
	}
	if got := m.Trace("linger:app:1:1"); got != "linger:app:1:1" {
		t.Errorf("unknown positions are not replaced; got %q", got)
	}
}

func FuzzSourcesTrace(f *testing.F) {
	f.Add("at f (linger:app:2:1)")
	f.Add("linger:app:2:99999999999999999999")
	f.Fuzz(func(t *testing.T, text string) { testMap(t).Trace(text) })
}
