package worker_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/lingerws/linger/worker"
)

// BenchmarkObject measures plain requests through TCP, one at a time, that the module answers itself, or with what an object answers to a request
// or a call: without storage, with a counter in storage, and of a new object.
func BenchmarkObject(b *testing.B) {
	a := serve(b, `
		import { DurableObject } from "cloudflare:workers";
		export class Room extends DurableObject {
			fetch() { return new Response("hello"); }
			sync() { return "hello"; }
			async count() {
				const n = ((await this.ctx.storage.get("count")) ?? 0) + 1;
				await this.ctx.storage.put("count", n);
				return n;
			}
			async async() { for (let i = 0; i < 5; i++) await null; return "hello"; }
		}
		export default {
			async fetch(request, env) {
				const [, path] = new URL(request.url).pathname.split("/");
				if (path === "none") return new Response("hello");
				if (path === "create") return new Response(await env.ROOM.get(env.ROOM.newUniqueId()).count());
				const stub = env.ROOM.getByName("one");
				return path === "fetch" ? stub.fetch(request) : new Response(await stub[path]());
			},
		};`, worker.Options{Bindings: worker.Bindings{Objects: []worker.ObjectNamespace{{Name: "ROOM", Class: "Room"}}}, Data: b.TempDir()})
	for _, path := range []string{"none", "fetch", "sync", "async", "count", "create"} {
		b.Run(path, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				response, err := http.Get("http://" + a.address + "/" + path)
				if err != nil {
					b.Fatal(err)
				}
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
		})
	}
}
