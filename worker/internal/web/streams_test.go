package web_test

import (
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
)

func TestStreamsRejections(t *testing.T) {
	for _, c := range []struct {
		name, script string
		want         string // the rejection that is reported, or "" for none
	}{
		{"closed of a reader", `new ReadableStream({ pull() { throw new Error("a") } }).getReader().closed`, ""},
		{"closed of a released reader", `const r = new ReadableStream().getReader(); r.closed; r.releaseLock()`, ""},
		{"a stream that nothing reads", `new ReadableStream({ pull() { throw new Error("a") } })`, ""},
		{"ready and closed of a writer", `const w = new WritableStream({ write() { throw new Error("a") } }).getWriter();
			w.write(1).catch(() => {}); w.ready; w.closed`, ""},
		{"pipeThrough", `new ReadableStream({ pull() { throw new Error("a") } }).pipeThrough(new TransformStream())`, ""},
		{"an iteration that ends early", `(async () => { for await (const x of ReadableStream.from([1, 2])) break })()`, ""},
		{"read", `new ReadableStream({ pull() { throw new Error("a") } }).getReader().read()`, "Error: a"},
		{"write", `new WritableStream({ write() { throw new Error("b") } }).getWriter().write(1)`, "Error: b"},
		{"pipeTo", `new ReadableStream({ pull() { throw new Error("c") } }).pipeTo(new WritableStream())`, "Error: c"},
		{"cancel", `new ReadableStream({ cancel() { throw new Error("d") } }).cancel()`, "Error: d"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPage(t)
			p.eval(t, c.script+"; undefined")
			got := ""
			for _, e := range p.unhandled {
				got += e.Error()
			}
			if got != c.want {
				t.Errorf("the rejections that are reported must be %q, got %q", c.want, got)
			}
		})
	}
}

// BenchmarkStreams reports the time for each of 1000 chunks, and the memory that the bundle uses in an engine.
func BenchmarkStreams(b *testing.B) {
	const source = `const source = () => { let n = 0; return { pull(c) { if (n++ < 1000) c.enqueue(n); else c.close() } } };`
	for _, c := range []struct{ name, run string }{
		{"read", `async () => { const r = new ReadableStream(source()).getReader(); while (!(await r.read()).done); }`},
		{"iterate", `async () => { for await (const x of new ReadableStream(source())); }`},
		{"pipe", `() => new ReadableStream(source()).pipeTo(new WritableStream({ write() {} }))`},
		{"transform", `() => new ReadableStream(source()).pipeThrough(new TransformStream()).pipeTo(new WritableStream())`},
		{"tee", `() => Promise.all(new ReadableStream(source()).tee().map((s) => s.pipeTo(new WritableStream())))`},
		{"readAll", `() => { let n = 0; lib.readAll(lib.createByteReadable({ pull(c) { if (n++ < 1000) c.enqueueOwned(new ArrayBuffer(8), 0, 8); else c.close() } }, 0)) }`},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := newPage(b)
			p.eval(b, "const lib = internal.lazy('streams'); "+source+"const run = "+c.run+"; globalThis.run = () => { run() }; undefined")
			run, err := p.rt.Global("run")
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := p.rt.Call(run); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/chunk")
		})
	}
}

func BenchmarkStreamsMemory(b *testing.B) {
	rt := newRuntime(b, engine.Options{})
	install(b, rt)
	before := rt.Memory().Used
	for b.Loop() {
		if _, err := rt.EvalScript("bench.js", "ReadableStream; undefined"); err != nil {
			b.Fatal(err)
		}
		rt.CollectGarbage()
	}
	b.ReportMetric(float64(rt.Memory().Used-before)/1024, "KiB")
}
