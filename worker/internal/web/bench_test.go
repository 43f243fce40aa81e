package web_test

import (
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web"
)

func BenchmarkInstall(b *testing.B) {
	install(b, newRuntime(b, engine.Options{}))
	for b.Loop() {
		b.StopTimer()
		rt, err := engine.New(engine.Options{})
		if err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		install(b, rt)
		b.StopTimer()
		_ = rt.Close()
		b.StartTimer()
	}
}

// BenchmarkGlobals measures single operations. Each runs many times within one call, so that the cost of the call itself
// does not matter.
func BenchmarkGlobals(b *testing.B) {
	for _, c := range []struct{ name, setup, code string }{
		{"url", ``, `new URL("https://example.com/chat/room?name=ann&x=1").pathname`},
		{"searchParams", ``, `new URL("https://example.com/chat?name=ann&x=1").searchParams.get("name")`},
		{"headers", ``, `new Headers({ "content-type": "text/plain", "x-a": "b" }).get("content-type")`},
		{"received", ``, `internal.makeRequest({ url: "http://h/", method: "GET", headers: ["Host", "h", "Upgrade", "websocket"], body: null }).headers.get("upgrade")`},
		{"response", ``, `internal.takeParts(new Response("hello"))`},
		{"event", `const target = new EventTarget(); target.addEventListener("x", () => {});`, `target.dispatchEvent(new Event("x"))`},
		{"serialize", `const data = { room: "lobby", name: "ann", since: 12345 };`, `internal.serialize(data)`},
		{"deserialize", `const text = internal.serialize({ room: "lobby", name: "ann", since: 12345 });`, `internal.deserialize(text)`},
		{"structuredClone", `const data = { room: "lobby", list: [1, 2, 3], map: new Map([[1, 2]]) };`, `structuredClone(data)`},
		{"consoleText", ``, `console.debug("hello")`},
		{"consoleObject", ``, `console.debug("hello", { a: 1, b: [1, 2, 3] })`},
		{"timer", ``, `clearTimeout(setTimeout(() => {}, 10))`},
		{"encode1K", `const text = "x".repeat(1024), encoder = new TextEncoder();`, `encoder.encode(text)`},
		{"decode1K", `const bytes = new Uint8Array(1024).fill(120), decoder = new TextDecoder();`, `decoder.decode(bytes)`},
	} {
		b.Run(c.name, func(b *testing.B) { benchmarkScript(b, c.setup, c.code) })
	}
}

func benchmarkScript(b *testing.B, setup, code string) {
	rt := newRuntime(b, engine.Options{})
	prelude, err := withInternals()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := prelude.Install(rt, web.Options{}); err != nil {
		b.Fatal(err)
	}
	if _, err := rt.EvalScript("bench.js", setup+"globalThis.run = (n) => { for (let i = 0; i < n; i++) { "+code+" } }; undefined"); err != nil {
		b.Fatal(err)
	}
	run, err := rt.Global("run")
	if err != nil {
		b.Fatal(err)
	}
	const batch = 100
	for b.Loop() {
		if _, err := rt.Call(run, engine.Int(batch)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/batch, "ns/each")
}

// BenchmarkMemory reports the memory of an engine with the globals.
func BenchmarkMemory(b *testing.B) {
	rt := newRuntime(b, engine.Options{})
	install(b, rt)
	for b.Loop() {
		rt.CollectGarbage()
	}
	b.ReportMetric(float64(rt.Memory().Used)/1024, "KiB")
}
