package engine

import (
	"slices"
	"testing"
)

func TestHalt(t *testing.T) {
	for source, want := range map[string][]string{
		`callIn(c, () => { try { end(); log("after") } catch { log("catch") } finally { log("finally") } }); log("outside")`:                                                                                                              {"outside"},
		`callIn(c, async () => { try { end(); log("after") } catch { log("catch") } finally { log("finally") } }); log("outside")`:                                                                                                        {"outside"},
		`callIn(c, () => { (async () => { end() })(); log("after the inner call") }); log("outside")`:                                                                                                                                     {"outside"},
		`callIn(c, () => { callIn({ owner, more: 1 }, () => end()); log("after the inner callIn") }); log("outside")`:                                                                                                                     {"outside"},
		`callIn(c, () => { (async function* () { end() })().next(); log("after the generator") }); log("outside")`:                                                                                                                        {"outside"},
		`callIn(c, () => { new Promise(() => end()) }); (async () => { log("outside") })(); log("after")`:                                                                                                                                 {"outside", "after"},
		`callIn(c, () => [1, 2].forEach(() => { log("each"); end() })); log("outside")`:                                                                                                                                                   {"each", "outside"},
		`callIn(c, async () => { await tick(); log("in"); end(); log("after") }).catch(() => log("rejected"))`:                                                                                                                            {"in", "rejected"},
		`callIn(c, async () => { try { await (async () => { await tick(); end() })() } catch { log("catch") } finally { log("finally") } }); log("outside")`:                                                                              {"outside"},
		`callIn(c, async () => { tick().then(() => log("then")).finally(() => log("finally")); await tick(); log("await") }); owner.ended = true; log("outside")`:                                                                         {"outside"},
		`callIn(c, async () => { for await (const x of (async function* () { await tick(); log("generator"); yield 1 })()) log("body"); }); owner.ended = true`:                                                                           nil,
		`callIn(c, () => { react(Promise.resolve(), () => log("platform"), 0, true); Promise.reject(1).catch(() => log("catch")) }); owner.ended = true`:                                                                                  {"platform"},
		`callIn(c, () => { queue(() => { end() }) }); callIn({ owner: {} }, async () => { await tick(); log("another") })`:                                                                                                                {"another"},
		`callIn(c, () => { try { throw new Error("x") } catch { log("catch") } }); try { callIn(c, () => { throw 1 }) } catch (e) { log("thrown " + e) } log(callIn(c, function (...args) { return this + args.join() }, "this ", 1, 2))`: {"catch", "thrown 1", "this 1,2"},
	} {
		r, seen := logContexts(t)
		_, err := r.EvalScript("test.js", `{
			const { callIn, halt } = __host;
			const owner = { ended: false }, c = { owner };
			const end = () => { owner.ended = true; halt(); };
			const queue = (f) => Promise.resolve().then(f);
			`+source+`} 0`)
		if err != nil {
			t.Errorf("%s: %v", source, err)
		}
		if !slices.Equal(*seen, want) {
			t.Errorf("the lines of\n\t%s\nare %q; got %q", source, want, *seen)
		}
		r.CollectGarbage()
	}
}
