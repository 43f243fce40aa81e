package worker_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// kvOptions are the options of an application with two KV namespaces, of which one has two bindings.
func kvOptions(t *testing.T) worker.Options {
	t.Helper()
	return worker.Options{Data: filepath.Join(t.TempDir(), "data"), Bindings: worker.Bindings{KV: []worker.KVNamespace{
		{Name: "NAMES", ID: "one"}, {Name: "ALIAS", ID: "one"}, {Name: "OTHER"},
	}}}
}

func TestKVNamespaces(t *testing.T) {
	t.Parallel()
	t.Run("bindings with one ID have the same keys, and all workers see them", func(t *testing.T) {
		t.Parallel()
		opts := kvOptions(t)
		opts.Workers = 3
		a := serve(t, `export default { async fetch(request, { NAMES, ALIAS, OTHER }) {
			if (request.method === "POST") await NAMES.put("a", request.body, { metadata: { by: "ann" } });
			const { value, metadata } = await ALIAS.getWithMetadata("a");
			return Response.json([value, metadata, await OTHER.get("a")]);
		} };`, opts)
		a.do("POST", "/", "text")
		for range 6 {
			a.get("/", 200, `["text",{"by":"ann"},null]`)
		}
	})
	t.Run("an expired value is gone", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, `export default { async fetch(request, { NAMES }) {
				if (request.method === "POST") await NAMES.put("a", "value", { expirationTtl: 60 });
				return Response.json([await NAMES.get("a"), (await NAMES.list()).keys.length]);
			} };`, kvOptions(t))
			a.do("POST", "/", "")
			time.Sleep(59 * time.Second)
			a.get("/", 200, `["value",1]`)
			time.Sleep(time.Second)
			a.get("/", 200, `[null,0]`)
		})
	})
	t.Run("the module may use a namespace while it is loaded", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			import { env } from "cloudflare:workers";
			await env.NAMES.put("a", "loaded");
			export default { fetch: async () => new Response(await env.NAMES.get("a")) };`, kvOptions(t))
		a.get("/", 200, "loaded")
	})
	t.Run("a stream that fails stores nothing", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `export default { async fetch(request, { NAMES }) {
			const results = [];
			const put = (start) => NAMES.put("a", new ReadableStream({ start })).catch((error) => results.push(String(error)));
			await put((controller) => { controller.enqueue(new Uint8Array([1])); controller.error(new RangeError("cut")); });
			await put((controller) => { controller.enqueue("text"); controller.close(); });
			await put((controller) => { for (let i = 0; i < 27; i++) controller.enqueue(new Uint8Array(1 << 20)); controller.close(); });
			return new Response([...results, String(await NAMES.get("a"))].join("\n"));
		} };`, kvOptions(t))
		a.get("/", 200, strings.Join([]string{
			"RangeError: cut", "TypeError: KV put() received a chunk that is not an ArrayBuffer or a view of one.",
			"Error: KV PUT failed: 413 Value length of 27262976 exceeds limit of 26214400.", "null",
		}, "\n"))
	})
	t.Run("values survive that the application is loaded again", func(t *testing.T) {
		t.Parallel()
		opts := kvOptions(t)
		const script = `export default { async fetch(request, { NAMES }) {
			if (request.method === "POST") await NAMES.put("a", "stored");
			return new Response(await NAMES.get("a"));
		} };`
		a := serve(t, script, opts)
		a.do("POST", "/", "")
		if _, err := load(t, a.path, opts); err == nil || !strings.Contains(err.Error(), "is used by another process") {
			t.Errorf("a data directory has one user; got %v", err)
		}
		if err := a.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		serve(t, script, opts).get("/", 200, "stored")
	})
	t.Run("Load refuses an ID that is too long", func(t *testing.T) {
		t.Parallel()
		opts := worker.Options{Logger: discard, Bindings: worker.Bindings{KV: []worker.KVNamespace{{Name: "A", ID: strings.Repeat("é", 100)}}}}
		if _, err := load(t, write(t, "app.js", `export default { fetch() {} };`), opts); err == nil || !strings.Contains(err.Error(), "the KV namespace A: ") {
			t.Errorf("the error names the binding; got %v", err)
		}
	})
}
