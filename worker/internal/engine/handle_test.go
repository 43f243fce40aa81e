package engine

import (
	"slices"
	"testing"
)

// functions returns n functions, of which the i-th returns i.
func functions(t *testing.T, r *Runtime, n int) []*Function {
	t.Helper()
	constant := eval(t, r, "i => () => i").Function()
	defer constant.Release()
	list := make([]*Function, n)
	for i := range list {
		v, err := r.Call(constant, Int(i))
		if err != nil {
			t.Fatal(err)
		}
		list[i] = v.Function()
	}
	return list
}

func TestFunctionReleaseFreesValue(t *testing.T) {
	r := open(t, Options{})
	f := eval(t, r, "(() => { const held = Array.from({length: 100}, () => ({})); return () => held.length })()").Function()
	f.Keep()
	f.Release()
	r.CollectGarbage()
	if v, err := r.Call(f); err != nil || v.Int() != 100 {
		t.Errorf("the variables of a kept function should not be freed, got %v, %v", v, err)
	}
	held := r.Memory().Objects
	f.Release()
	if freed := held - r.Memory().Objects; freed < 100 {
		t.Errorf("the last release should free the hundred objects that only the function refers to, got %d", freed)
	}
}

func TestFunctionReleaseInAnyOrder(t *testing.T) {
	r := open(t, Options{})
	for _, order := range [][]int{{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 0, 4, 1, 3}, {0, 4, 3, 1, 2}} {
		list := functions(t, r, 5)
		for n, i := range order {
			list[i].Release()
			list[i].Release()
			for j, f := range list {
				v, err := r.Call(f)
				if released := slices.Contains(order[:n+1], j); released != (err != nil) || !released && v.Int() != j {
					t.Fatalf("after the releases %v function %d should return its number, or ErrReleased if it is among them, got %v, %v", order[:n+1], j, v, err)
				}
			}
		}
		if len(r.handles) != 0 {
			t.Errorf("after all releases there should be no handles, got %d", len(r.handles))
		}
	}
}

func TestPromiseErrIsNotReportedUnhandled(t *testing.T) {
	for _, source := range []string{"throw new Error('mine')", "await null; throw new Error('mine')", "throw 'mine'"} {
		r, lines := collectUnhandled(t)
		p := module(t, r, "Promise.reject(new Error('lost')); "+source)
		if e := p.Err(); e == nil || e.Message != "mine" {
			t.Errorf("%s: Err should return the rejection of the module, got %v", source, e)
		}
		if got := *lines; len(got) != 1 || got[0] != "Error: lost" {
			t.Errorf("%s: only the other rejection should be reported, got %q", source, got)
		}
	}
}

func TestPromiseReleaseReportsLaterRejection(t *testing.T) {
	r, lines := collectUnhandled(t)
	p := module(t, r, "await new Promise(go => globalThis.go = go); throw new Error('late')")
	p.Release()
	eval(t, r, "go()")
	if got := *lines; len(got) != 1 || got[0] != "Error: late" {
		t.Errorf("the rejection of a released Promise should be reported, got %q", got)
	}
}
