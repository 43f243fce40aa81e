package web_test

import (
	"errors"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web"
)

func newRuntime(t testing.TB, options engine.Options) *engine.Runtime {
	t.Helper()
	rt, err := engine.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rt.Close() })
	return rt
}

func TestEveryOptionMayBeMissing(t *testing.T) {
	rt := newRuntime(t, engine.Options{})
	realm, err := web.Install(rt, web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	v, err := rt.EvalScript("test.js", `
		console.log("into the void");
		clearTimeout(setTimeout(() => {}));
		new BroadcastChannel("c").postMessage(1);
		performance.now() >= 0`)
	if err != nil || !v.Bool() {
		t.Errorf("the script ended with %v, %v; want true", v, err)
	}
	if err := realm.FireTimer(12345); err != nil {
		t.Errorf("a timer that does not exist fired with %v", err)
	}
}

func TestTheCallersModulesReachTheirHostFunctions(t *testing.T) {
	rt := newRuntime(t, engine.Options{})
	var got string
	err := rt.Define("greet", func(args []engine.Value) (engine.Value, error) {
		got = args[0].String()
		return engine.Undefined(), nil
	})
	if err != nil {
		t.Fatal(err)
	}
	prelude, err := web.NewPrelude(fstest.MapFS{"index.js": {Data: []byte(`
		import { host, expose } from "web/host.js";
		import { Event } from "web/event.js";
		expose("greet", (name) => host.greet(name + (Event === globalThis.Event)));`)}})
	if err != nil {
		t.Fatal(err)
	}
	realm, err := prelude.Install(rt, web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	greet, err := realm.Function("greet")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := rt.Call(greet, engine.String("hello ")); err != nil || got != "hello true" {
		t.Errorf("the host function got %q (%v), want %q", got, err, "hello true")
	}
	if _, err := realm.Function("nothing"); err == nil {
		t.Error("a function that nobody exposed was found")
	}
}

func TestInstallFailsWhereTheModulesThrow(t *testing.T) {
	prelude, err := web.NewPrelude(fstest.MapFS{"index.js": {Data: []byte(`null.x`)}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = prelude.Install(newRuntime(t, engine.Options{}), web.Options{})
	var thrown *engine.Exception
	if !errors.As(err, &thrown) {
		t.Errorf("installing ended with %v, want what the module threw", err)
	}
}

func TestTheGlobalsAreSmall(t *testing.T) {
	const most = 512 << 10
	rt := newRuntime(t, engine.Options{})
	before := rt.Memory().Used
	if _, err := web.Install(rt, web.Options{}); err != nil {
		t.Fatal(err)
	}
	if used := rt.Memory().Used - before; used > most {
		t.Errorf("the globals take %d bytes of a runtime, want at most %d", used, most)
	}
}

func TestAListenerThatThrowsIsAnUnhandledRejectionWithItsPosition(t *testing.T) {
	p := newPage(t)
	p.eval(t, `const target = new EventTarget();
target.addEventListener("x", () => { throw new RangeError("oops"); });
target.dispatchEvent(new Event("x"));`)
	if len(p.unhandled) != 1 || p.unhandled[0].Name != "RangeError" || p.unhandled[0].Frames[0].Line != 2 {
		t.Errorf("reported was %+v, want the RangeError of line 2", p.unhandled)
	}
}

func TestATimersExceptionReachesTheCaller(t *testing.T) {
	p := newPage(t)
	p.eval(t, `setTimeout(() => { throw new TypeError("oops"); })`)
	err := p.realm.FireTimer(p.timers[0].id)
	var thrown *engine.Exception
	if !errors.As(err, &thrown) || thrown.Message != "oops" {
		t.Errorf("the timer ended with %v, want what its callback threw", err)
	}
}

func TestErrorsOfThePlatformKeepTheirNames(t *testing.T) {
	p := newPage(t)
	_, err := p.rt.EvalScript("test.js", `atob("é")`)
	var thrown *engine.Exception
	if !errors.As(err, &thrown) || thrown.Name != "InvalidCharacterError" || !strings.Contains(thrown.Message, "base64") {
		t.Errorf("the script ended with %v, want an InvalidCharacterError", err)
	}
}

func TestWhatIsTakenBackLeavesNothingBehind(t *testing.T) {
	p := newPage(t)
	p.eval(t, `const { signal } = new AbortController(), target = new EventTarget();
		globalThis.round = () => {
			for (let i = 0; i < 500; i++) {
				const listener = () => {};
				target.addEventListener("x", listener, { signal });
				target.removeEventListener("x", listener);
				clearTimeout(setTimeout(listener));
				new BroadcastChannel("c" + i).close();
				internal.deserialize(internal.serialize(new Map([[i, {}]])));
			}
		};
		round();`)
	before := p.rt.Memory().Used
	p.eval(t, `round(); round(); undefined`)
	p.rt.CollectGarbage()
	if grown := p.rt.Memory().Used - before; grown > 16<<10 {
		t.Errorf("a thousand rounds left %d bytes behind, want none", grown)
	}
}
