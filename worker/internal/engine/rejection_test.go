package engine

import (
	"fmt"
	"slices"
	"testing"
)

func TestRuntimeWatchRejections(t *testing.T) {
	var unhandled []string
	r := open(t, Options{OnUnhandled: func(e *Exception) { unhandled = append(unhandled, e.Message) }})
	if _, err := r.EvalScript("test.js", `
		const seen = [];
		function watch(promise, reason, handled) {
			seen.push([promise instanceof Promise, reason.message, handled].join());
			Promise.resolve().then(() => seen.push("job"));
			if (reason.message === "throws") throw new Error("of the watcher");
			return reason.message === "own";
		}
		undefined`); err != nil {
		t.Fatal(err)
	}
	watch, err := r.Global("watch")
	if err != nil {
		t.Fatal(err)
	}
	r.WatchRejections(watch)
	watch.Release()
	for _, source := range []string{
		`const own = Promise.reject(new Error("own")); Promise.reject(new Error("other")); Promise.reject(new Error("soon")).catch(() => {}); undefined`,
		`own.catch(() => {}); undefined`,
		`Promise.reject(new Error("throws")); undefined`,
	} {
		if _, err := r.EvalScript("test.js", source); err != nil {
			t.Fatal(err)
		}
	}
	v, err := r.EvalScript("test.js", `seen.join(" ")`)
	want := "true,own,false true,other,false job job true,own,true job true,throws,false job"
	if err != nil || v.String() != want {
		t.Errorf("the function must have got %q, got %v (%v)", want, v, err)
	}
	if want := []string{"other", "of the watcher", "throws"}; !slices.Equal(unhandled, want) {
		t.Errorf("the rejections without a handler must be %q, got %q", want, unhandled)
	}
	r.WatchRejections(nil)
	if _, err := r.EvalScript("test.js", `Promise.reject(new Error("own")); undefined`); err != nil || !slices.Contains(unhandled, "own") {
		t.Errorf("without a watcher the rejection must be reported, got %q (%v)", unhandled, err)
	}
}

func TestRuntimeWatchRejectionsBoundsTheCallsOfATurn(t *testing.T) {
	r := open(t, Options{})
	eval(t, r, `const calls = { false: 0, true: 0 };
		function watch(promise, reason, handled) { calls[handled]++; return true; }
		undefined`)
	watch := global(t, r, "watch")
	r.WatchRejections(watch)
	eval(t, r, fmt.Sprintf(`const rejected = Array.from({ length: %d }, (_, i) => Promise.reject(i)); undefined`, 2*maxReports))
	eval(t, r, `for (const promise of rejected) promise.catch(() => {}); undefined`)
	if got, want := eval(t, r, `calls.false + " " + calls.true`).String(), fmt.Sprintf("%d %d", maxReports, maxReports); got != want {
		t.Errorf("the numbers of calls for rejections, and for those with a late handler, must be %s, got %s", want, got)
	}
}
