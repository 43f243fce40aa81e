package worker

import (
	"strings"
	"testing"

	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/script"
)

// testSources maps line 2 of a bundle, from its first and fifth column on, to line 10,
// columns 1 and 9 of src/app.ts. Line 1 of the bundle has no source.
func testSources(t *testing.T) *bundle.Sources {
	t.Helper()
	m, err := bundle.NewSources([]byte(`{"version": 3, "sources": ["src/app.ts"], "names": [], "mappings": ";AASA,IAAQ"}`))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestOriginOf(t *testing.T) {
	t.Parallel()
	m := testSources(t)
	e := &script.Exception{Frames: []script.Frame{
		{File: "linger:web", Line: 2, Column: 1}, {File: bundle.Name, Line: 1, Column: 1},
		{File: bundle.Name, Line: 2, Column: 6}, {File: bundle.Name, Line: 2, Column: 1},
	}}
	if got := originOf(m, e.Frames).String(); got != "src/app.ts:10:9" {
		t.Errorf("the origin is the first frame of the application, src/app.ts:10:9; got %q", got)
	}
	if got := originOf(m, nil); got != (Position{}) || got.String() != "" {
		t.Errorf("without frames there is no origin; got %q", got)
	}
}

func TestScriptErrorStackLeavesOutUnknownCalls(t *testing.T) {
	t.Parallel()
	s := ScriptError{sources: testSources(t)}
	s.setPosition([]script.Frame{{}, {}, {Function: "f", File: bundle.Name, Line: 2, Column: 1}, {Function: "now", File: "native"}})
	if got, want := strings.Join(s.Stack, ", "), "f (src/app.ts:10:1), now (native)"; got != want {
		t.Errorf("the stack is %q; got %q", want, got)
	}
}
