package engine

import (
	"slices"
	"testing"
)

// collectUnhandled returns a Runtime, and the errors for which its OnUnhandled was called.
func collectUnhandled(t *testing.T) (*Runtime, *[]string) {
	var seen []string
	r := open(t, Options{OnUnhandled: func(e *Exception) { seen = append(seen, e.Error()) }})
	return r, &seen
}

func TestOnUnhandledAfterTurn(t *testing.T) {
	for source, want := range map[string][]string{
		"Promise.reject(new TypeError('a')); 1":                                           {"TypeError: a"},
		"Promise.reject(1); Promise.reject('two')":                                        {"1", "two"},
		"(async () => { throw new Error('in async') })(); 0":                              {"Error: in async"},
		"Promise.resolve().then(() => { throw new Error('in a job') }); 0":                {"Error: in a job"},
		"Promise.reject(1).catch(() => {}); 0":                                            nil,
		"var p = Promise.reject(1); Promise.resolve().then(() => p.catch(() => {})); 0":   nil,
		"(async () => { try { await Promise.reject(1) } catch {} })(); 0":                 nil,
		"var p = Promise.reject(1), q = Promise.reject(2); p.catch(() => {}); 0":          {"2"},
		"Promise.all([Promise.reject(1), Promise.reject(2)]).catch(() => {}); 0":          nil,
		"Promise.reject({get message() { Promise.reject('while describing'); throw 1 }})": {"{ message: [Getter] }"},
	} {
		r, seen := collectUnhandled(t)
		eval(t, r, source)
		if !slices.Equal(*seen, want) {
			t.Errorf("%s should report %q, got %q", source, want, *seen)
		}
	}
}

func TestOnUnhandledWaitsForOutermostTurn(t *testing.T) {
	r, seen := collectUnhandled(t)
	define(t, r, "call", func(args []Value) (Value, error) {
		_, err := r.Call(args[0].Function())
		return Undefined(), err
	})
	eval(t, r, "__host.call(() => { globalThis.p = Promise.reject(1) }); p.catch(() => {}); 0")
	if len(*seen) != 0 {
		t.Errorf("a rejection handled later in the same turn should not be reported, got %q", *seen)
	}
}

func TestOnUnhandledIsBounded(t *testing.T) {
	r, seen := collectUnhandled(t)
	eval(t, r, "for (let i = 0; i < 1000; i++) Promise.reject(i)")
	if len(*seen) != maxReports || (*seen)[0] != "0" {
		t.Errorf("one turn should report its first %d rejections, got %d", maxReports, len(*seen))
	}
	eval(t, r, "Promise.reject('next')")
	if (*seen)[len(*seen)-1] != "next" {
		t.Errorf("the next turn should report again, got %q", (*seen)[len(*seen)-1])
	}
}

func TestOnUnhandledMayStartTurn(t *testing.T) {
	var r *Runtime
	var got string
	r = open(t, Options{OnUnhandled: func(e *Exception) {
		got = e.Error() + eval(t, r, "'!'").String()
	}})
	eval(t, r, "Promise.reject('hello')")
	if got != "hello!" {
		t.Errorf("OnUnhandled should be able to start a turn, got %q", got)
	}
}

func TestRunJobsWithoutJobs(t *testing.T) {
	r := open(t, Options{})
	if err := r.RunJobs(); err != nil {
		t.Errorf("RunJobs without jobs should succeed, got %v", err)
	}
}

func TestOnUnhandledReportsErrorsOfFinalizers(t *testing.T) {
	r, seen := collectUnhandled(t)
	eval(t, r, "const f = new FinalizationRegistry(() => { throw new Error('finalizer') }); f.register({}, 1); 0")
	r.CollectGarbage()
	if err := r.RunJobs(); err != nil || !slices.Equal(*seen, []string{"Error: finalizer"}) {
		t.Errorf("the exception of a finalizer should be reported, got %q, %v", *seen, err)
	}
}
