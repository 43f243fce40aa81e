package web_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web"
)

// newRuntime returns a runtime that is closed at the end of the test.
func newRuntime(t testing.TB, options engine.Options) *engine.Runtime {
	t.Helper()
	rt, err := engine.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rt.Close() })
	return rt
}

// basePrelude returns the Prelude with the globals of the package only.
var basePrelude = sync.OnceValues(func() (*web.Prelude, error) { return web.NewPrelude(nil) })

// install installs the globals of the package in a runtime.
func install(t testing.TB, rt *engine.Runtime) *web.Realm {
	t.Helper()
	prelude, err := basePrelude()
	if err != nil {
		t.Fatal(err)
	}
	realm, err := prelude.Install(rt, web.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return realm
}

func TestInstallWithoutOptions(t *testing.T) {
	rt := newRuntime(t, engine.Options{})
	realm := install(t, rt)
	v, err := rt.EvalScript("test.js", `
		console.log("into the void");
		clearTimeout(setTimeout(() => {}));
		new BroadcastChannel("c").postMessage(1);
		performance.now() >= 0`)
	if err != nil || !v.Bool() {
		t.Errorf("the script must return true without options, got %v, %v", v, err)
	}
	if err := realm.FireTimer(12345); err != nil {
		t.Errorf("firing an unknown timer must do nothing, got %v", err)
	}
}

func TestNewPreludeModulesCallHostFunctions(t *testing.T) {
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
		t.Errorf("the host function must get %q, got %q (%v)", "hello true", got, err)
	}
	if _, err := realm.Function("nothing"); err == nil {
		t.Error("Function must fail for a name that was not exposed")
	}
}

func TestInstallReturnsExceptionOfModule(t *testing.T) {
	prelude, err := web.NewPrelude(fstest.MapFS{"index.js": {Data: []byte(`null.x`)}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = prelude.Install(newRuntime(t, engine.Options{}), web.Options{})
	var thrown *engine.Exception
	if !errors.As(err, &thrown) {
		t.Errorf("Install must return the exception of the module, got %v", err)
	}
}

func TestInstallMemory(t *testing.T) {
	const limit = 543 << 10
	rt := newRuntime(t, engine.Options{})
	before := rt.Memory().Used
	install(t, rt)
	if used := rt.Memory().Used - before; used > limit {
		t.Errorf("the globals must use at most %d bytes of a runtime, got %d", limit, used)
	}
}

func TestEventTargetReportsExceptionOfListenerWithPosition(t *testing.T) {
	p := newPage(t)
	p.eval(t, `const target = new EventTarget();
target.addEventListener("x", () => { throw new RangeError("oops"); });
target.dispatchEvent(new Event("x"));`)
	if len(p.unhandled) != 1 || p.unhandled[0].Name != "RangeError" || p.unhandled[0].Frames[0].Line != 2 {
		t.Errorf("the RangeError of line 2 must be reported, got %+v", p.unhandled)
	}
}

func TestRealmFireTimerReturnsExceptionOfCallback(t *testing.T) {
	p := newPage(t)
	p.eval(t, `setTimeout(() => { throw new TypeError("oops"); })`)
	err := p.realm.FireTimer(p.timers[0].id)
	var thrown *engine.Exception
	if !errors.As(err, &thrown) || thrown.Message != "oops" {
		t.Errorf("FireTimer must return the exception of the callback, got %v", err)
	}
}

func TestDOMExceptionKeepsItsName(t *testing.T) {
	p := newPage(t)
	_, err := p.rt.EvalScript("test.js", `atob("é")`)
	var thrown *engine.Exception
	if !errors.As(err, &thrown) || thrown.Name != "InvalidCharacterError" || !strings.Contains(thrown.Message, "base64") {
		t.Errorf("the script must throw an InvalidCharacterError, got %v", err)
	}
}

func TestRemovedListenersTimersAndChannelsDoNotLeak(t *testing.T) {
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
		t.Errorf("a thousand rounds must not leave memory in use; they left %d bytes", grown)
	}
}

// An operation removes at its end what it has added to a signal, and the size of queues and caches does not depend on how much
// they have handled.
func TestCompletedOperationsDoNotLeak(t *testing.T) {
	for name, round := range map[string]string{
		"waits with a signal":     `for (let i = 0; i < 1000; i++) scheduler.wait(1, { signal });`,
		"pipes with a signal":     `for (let i = 0; i < 300; i++) await ReadableStream.from([]).pipeTo(new WritableStream(), { signal });`,
		"identifiers of locales":  `for (let i = 0; i < 1000; i++) Intl.getCanonicalLocales("en-x-n" + count++);`,
		"chunks of a stream":      `for (let i = 0; i < 4000; i++) { chunks.controller.enqueue(i); await chunks.reader.read(); }`,
		"chunks of a byte stream": `for (let i = 0; i < 4000; i++) { bytes.controller.enqueue(new Uint8Array(1)); await bytes.reader.read(); }`,
	} {
		t.Run(name, func(t *testing.T) {
			p := newPage(t)
			p.eval(t, `let count = 0, completed = 0;
				const { signal } = new AbortController();
				// open returns a stream whose queue is never empty.
				const open = (type, first) => {
					let controller;
					const reader = new ReadableStream({ type, start: (c) => (controller = c) }).getReader();
					controller.enqueue(first);
					return { controller, reader };
				};
				const chunks = open(undefined, 0), bytes = open("bytes", new Uint8Array(1));
				const round = async () => { `+round+` completed++; };`)
			use := func(rounds int) int64 {
				for range rounds {
					p.eval(t, "round(); undefined")
					for p.fireNext(t) {
					}
				}
				p.rt.CollectGarbage()
				return p.rt.Memory().Used
			}
			before := use(1)
			after := use(3)
			if completed := p.eval(t, "completed").Int(); completed != 4 {
				t.Fatalf("4 rounds must complete, %d have", completed)
			}
			if after > before+64<<10 {
				t.Errorf("further rounds must not leave memory in use; they left %d bytes", after-before)
			}
		})
	}
}

// Chunks may be large, so the queue of a stream does not keep those that have been read.
func TestStreamReleasesChunksThatHaveBeenRead(t *testing.T) {
	for _, kind := range []string{"undefined", `"bytes"`} {
		t.Run("type "+kind, func(t *testing.T) {
			p := newPage(t)
			p.eval(t, `let controller, read = 0;
				const reader = new ReadableStream({ type: `+kind+`, start: (c) => (controller = c) }).getReader();
				controller.enqueue(new Uint8Array(1));
				const readMany = async () => {
					for (let i = 0; i < 300; i++) {
						controller.enqueue(new Uint8Array(64 * 1024));
						await reader.read();
						read++;
					}
				};
				undefined`)
			before := p.rt.Memory().Used
			p.eval(t, "readMany(); undefined")
			p.rt.CollectGarbage()
			if read := p.eval(t, "read").Int(); read != 300 {
				t.Fatalf("300 chunks must be read, %d have been", read)
			}
			if grown := p.rt.Memory().Used - before; grown > 2<<20 {
				t.Errorf("only the chunk in the queue must stay in memory; %d bytes were left", grown)
			}
		})
	}
}
