package engine

import (
	"slices"
	"testing"
)

func TestNewPromiseBehavesLikeOthers(t *testing.T) {
	for name, c := range map[string]struct {
		source string
		want   []string
	}{
		"fulfilled later": {`const p = newPromise(); p.then((v) => log("then", true, v), (e) => log("catch", true, e)); log("script", "", ""); settlePromise(p, false, 1)`,
			[]string{"script  ", "then true 1"}},
		"rejected later": {`const p = newPromise(); p.then((v) => log("then", true, v), (e) => log("catch", true, e)); settlePromise(p, true, 2)`,
			[]string{"catch true 2"}},
		"fulfilled before then": {`const p = newPromise(); settlePromise(p, false, 3); p.then((v) => log("then", true, v))`, []string{"then true 3"}},
		"awaited": {`(async () => { const p = newPromise(); Promise.resolve().then(() => settlePromise(p, false, 4)); log("await", true, await p) })()`,
			[]string{"await true 4"}},
		"awaited and rejected": {`(async () => { const p = newPromise(); Promise.resolve().then(() => settlePromise(p, true, 5)); try { await p } catch (e) { log("catch", true, e) } })()`,
			[]string{"catch true 5"}},
		"a chain": {`const p = newPromise(); p.then((v) => v + 1).then((v) => { throw v + 1 }).finally(() => {}).catch((e) => log("catch", true, e)); settlePromise(p, false, 6)`,
			[]string{"catch true 8"}},
		"passed on":           {`const p = newPromise(); p.then().then((v) => log("then", true, v)); settlePromise(p, false, 7)`, []string{"then true 7"}},
		"rejected, passed on": {`const p = newPromise(); p.then(() => {}).catch((e) => log("catch", true, e)); settlePromise(p, true, 8)`, []string{"catch true 8"}},
		"settled once":        {`const p = newPromise(); p.then((v) => log("then", true, v)); settlePromise(p, false, 9); settlePromise(p, false, 10); settlePromise(p, true, 11)`, []string{"then true 9"}},
		"reported":            {`settlePromise(newPromise(), true, "unhandled")`, []string{"unhandled"}},
		"not reported":        {`const p = newPromise(); settlePromise(p, true, "handled"); p.catch(() => {})`, nil},
		"a reaction of react": {`const p = newPromise(); react(p, log, "it"); settlePromise(p, false, 12)`, []string{"it false 12"}},
		"a thenable value":    {`const p = newPromise(); p.then((v) => log(typeof v.then, "", "")); settlePromise(p, false, { then() { throw 1 } })`, []string{"function  "}},
		"order": {`const p = newPromise(), q = new Promise((ok) => globalThis.settle = ok);
			q.then(() => log("q", "", "")); p.then(() => log("p1", "", "")); p.then(() => log("p2", "", "")); settlePromise(p, false); settle()`,
			[]string{"p1  ", "p2  ", "q  "}},
		"its class":      {`log(newPromise() instanceof Promise, Promise.resolve(globalThis.p = newPromise()) === p, Object.prototype.toString.call(p))`, []string{"true true [object Promise]"}},
		"other objects":  {`settlePromise({}, false, 1); settlePromise(); log("end", "", "")`, []string{"end  "}},
		"Promise.all":    {`const p = newPromise(), q = newPromise(); Promise.all([p, q]).then((l) => log("all", l[0], l[1])); settlePromise(q, false, 2); settlePromise(p, false, 1)`, []string{"all 1 2"}},
		"its own result": {`const p = newPromise(); const q = new Promise((ok) => ok(p)); q.then((v) => log("then", true, v)); settlePromise(p, false, 13)`, []string{"then true 13"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, seen := logReactions(t)
			eval(t, r, "const { newPromise, settlePromise } = __host; "+c.source+"; 0")
			if !slices.Equal(*seen, c.want) {
				t.Errorf("the calls should be %q, got %q", c.want, *seen)
			}
		})
	}
}

func TestNewPromiseDoesNotLeak(t *testing.T) {
	r, _ := logReactions(t)
	const source = `{ const { newPromise, settlePromise } = __host;
		for (const failed of [false, true]) {
			const p = newPromise(); p.then(() => {}, () => {}).then(() => p); react(p, () => {}, p); (async () => { try { await p } catch {} })(); settlePromise(p, failed, [p]);
			const q = newPromise(); q.then(() => q); (async () => { await q })();
		}
	} 0`
	eval(t, r, source)
	r.CollectGarbage()
	before := r.Memory()
	for range 100 {
		eval(t, r, source)
	}
	r.CollectGarbage()
	if after := r.Memory(); after.Objects > before.Objects {
		t.Errorf("promises and reactions should be freed: %d objects before, %d after", before.Objects, after.Objects)
	}
}

func TestNewPromiseOutOfMemory(t *testing.T) {
	exhaust(t, `for (let i = 0; i < 50; i++) { const p = __host.newPromise(); p.then(() => [i]); (async () => { await p })(); __host.settlePromise(p, i % 2 === 0, i) }`)
}
