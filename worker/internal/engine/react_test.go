package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/race"
)

// logReactions returns a Runtime whose scripts have react and log(subject, failed, value), and the lines of the log, which
// also has unhandled rejections.
func logReactions(t *testing.T) (*Runtime, *[]string) {
	r, seen := collectUnhandled(t)
	define(t, r, "log", func(args []Value) (Value, error) {
		*seen = append(*seen, fmt.Sprint(args[0], " ", args[1], " ", args[2]))
		return Undefined(), nil
	})
	eval(t, r, "const {react, log} = __host; 0")
	return r, seen
}

func TestReactReportsResult(t *testing.T) {
	for source, want := range map[string]string{
		"react(Promise.resolve(1), log, 'it')":                       "true:",
		"react(Promise.reject(2), log, 'it')":                        "false:it true 2",
		"react((async () => { await null; return 3 })(), log, 'it')": "false:it false 3",
		"react((async () => { await null; throw 4 })(), log, 'it')":  "false:it true 4",
		"react(new Promise(() => {}), log, 'it')":                    "false:",
		"react({then(ok) { ok(5) }}, log, 'it')":                     "undefined:",
		"react(Object.create(Promise.prototype), log, 'it')":         "undefined:",
		"react(undefined, log)":                                      "undefined:",
		"react(Promise.resolve(1), log, 'it', true)":                 "false:it false 1",
		"react(Promise.reject(2), log, 'it', true)":                  "false:it true 2",
		"react()": "undefined:",
		"Promise.prototype.then = null; react((async () => { await 0 })(), log, 'it')": "false:it false undefined",
	} {
		r, seen := logReactions(t)
		v := eval(t, r, source)
		if got := v.String() + ":" + strings.Join(*seen, ","); got != want {
			t.Errorf("the result and the calls of %s should be %q, got %q", source, want, got)
		}
	}
}

func TestReactCallsInAJob(t *testing.T) {
	r, seen := logReactions(t)
	eval(t, r, `react(Promise.reject(1), log, "rejected"); log("script", "", ""); let settle;
		react(new Promise((ok) => settle = ok), log, "first"); react(new Promise((ok) => ok()).then(() => settle(2)), log, "second"); 0`)
	if want := []string{"script  ", "rejected true 1", "first false 2", "second false undefined"}; !slices.Equal(*seen, want) {
		t.Errorf("reactions should run in jobs, in the order in which promises settle: %q, got %q", want, *seen)
	}
}

func TestEnqueueCallsInAJob(t *testing.T) {
	r, seen := logReactions(t)
	eval(t, r, `const { enqueue } = __host; Promise.resolve().then(() => log("first", "", ""));
		enqueue(log, "second", false, 1); enqueue(log, "third", true, 2); enqueue(() => { throw 3 });
		log("script", "", ""); 0`)
	if want := []string{"script  ", "first  ", "second false 1", "third true 2", "3"}; !slices.Equal(*seen, want) {
		t.Errorf("the calls should run in jobs, in the order in which they were queued, and an exception is reported: %q, got %q", want, *seen)
	}
	if _, err := r.EvalScript("test.js", `__host.enqueue()`); err != nil {
		t.Errorf("a job without a function should fail alone, got %v", err)
	}
}

func TestReactKeepsOrderWithThen(t *testing.T) {
	r, seen := logReactions(t)
	eval(t, r, `const p = (async () => { await null; return 1 })();
		p.then(() => log("then", "", 1)); react(p, log, "react"); p.then(() => log("then", "", 2)); 0`)
	if want := []string{"then  1", "react false 1", "then  2"}; !slices.Equal(*seen, want) {
		t.Errorf("reactions should run in the order in which they were added: %q, got %q", want, *seen)
	}
}

func TestReactReportsErrorsOfReactions(t *testing.T) {
	r, seen := logReactions(t)
	eval(t, r, "react(Promise.reject(1), () => { throw new Error('late') }); 0")
	if want := []string{"Error: late"}; !slices.Equal(*seen, want) {
		t.Errorf("the exception of a reaction should be reported: %q, got %q", want, *seen)
	}
}

func TestReactDoesNotLeak(t *testing.T) {
	r, _ := logReactions(t)
	const source = `react(new Promise(() => {}), () => {}, [1]); react(Promise.reject(1), () => {}, [2]); react((async () => { await null })(), () => {}, [3]); 0`
	eval(t, r, source)
	r.CollectGarbage()
	before := r.Memory()
	for range 100 {
		eval(t, r, source)
	}
	r.CollectGarbage()
	if after := r.Memory(); after.Objects > before.Objects {
		t.Errorf("reactions should be freed with their promises: %d objects before, %d after", before.Objects, after.Objects)
	}
}

func TestReactOutOfMemory(t *testing.T) {
	exhaust(t, `for (let i = 0; i < 100; i++) {
		__host.react(new Promise(() => {}), () => {}, i); __host.react(Promise.reject(i), () => {}, i) }`)
}

// exhaust runs a script with memory limits that grow in small steps, so that every allocation fails with one of them.
func exhaust(t *testing.T, source string) {
	t.Helper()
	free := open(t, Options{}).Memory().Used
	step := int64(509)
	if race.Enabled {
		step = 4093
	}
	for limit := free + 64; limit < free+1<<17; limit += step {
		r := open(t, Options{MemoryLimit: limit})
		_, _ = r.EvalScript("x.js", source)
		if err := r.Close(); err != nil {
			t.Fatalf("it should be possible to close a runtime that is out of memory, got %v", err)
		}
	}
}
