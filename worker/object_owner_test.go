package worker_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// roomScript returns an application whose requests call the method of an object that the path names, /name/method, with the members of the
// class in members. log(text) prints a text with the name of the object.
func roomScript(members string) string {
	return `
		import { DurableObject } from "cloudflare:workers";
		const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
		export class Room extends DurableObject {
			log(text) { console.log(this.ctx.id.name, text); }
			` + members + `
		}
		export default {
			async fetch(request, env) {
				const [, name, method] = new URL(request.url).pathname.split("/");
				try {
					return new Response(await env.ROOM.getByName(name)[method]());
				} catch (error) {
					return new Response(error.message, { status: 500 });
				}
			},
		};`
}

var roomOptions = worker.Options{
	Bindings: worker.Bindings{Objects: []worker.ObjectNamespace{{Name: "ROOM", Class: "Room"}}},
}

func TestObjectStaysAwake(t *testing.T) {
	t.Parallel()
	const constructed = `constructor(ctx, env) { super(ctx, env); this.log("constructed"); }
		seen() { return "seen"; }`
	for name, method := range map[string]string{
		"for a timer":                `start() { setTimeout(() => this.log("done"), 20_000); }`,
		"for a promise of waitUntil": `start() { this.ctx.waitUntil(sleep(10_000).then(() => sleep(10_000)).then(() => this.log("done"))); }`,
		"for a call of another object": `
			slow() { return sleep(20_000); }
			start() { this.env.ROOM.getByName("other").slow().then(() => this.log("done")); }`,
		"for a request to another object": `
			fetch() { return sleep(20_000).then(() => new Response("late")); }
			start() { this.env.ROOM.getByName("other").fetch("http://other/").then((r) => r.text()).then(() => this.log("done")); }`,
		"for the section of blockConcurrencyWhile": `start() { this.ctx.blockConcurrencyWhile(() => sleep(15_000)).then(() => sleep(5_000)).then(() => this.log("done")); }`,
		"for an accepted WebSocket": `
			start() {
				const [a, b] = Object.values(new WebSocketPair());
				b.accept();
				b.addEventListener("message", () => { this.log("done"); b.close(); });
				const other = this.env.ROOM.getByName("other");
				a.accept();
				this.keep = () => a.send("hello");
				other.later().then(() => this.keep());
			}
			later() { return sleep(20_000); }`,
	} {
		t.Run(name, func(t *testing.T) {
			embeddedOnly(t, fakeTime)
			bubble(t, func(t *testing.T) {
				a := serveInMemory(t, roomScript(constructed+method), roomOptions)
				a.get("/one/start", 200, "")
				a.stdout.line(t, "one constructed")
				began := time.Now()
				a.stdout.line(t, "one done")
				if took := time.Since(began); took != 20*time.Second {
					t.Errorf("the work is complete after 20 s; got %v", took)
				}
				a.get("/one/seen", 200, "seen")
				time.Sleep(time.Minute)
				a.get("/one/seen", 200, "seen")
				a.stdout.line(t, "one constructed")
			})
		})
	}
}

func TestObjectReset(t *testing.T) {
	embeddedOnly(t, fakeTime)
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, roomScript(`
			constructor(ctx, env) { super(ctx, env); this.log("constructed"); }
			async start() {
				setInterval(() => this.log("interval"), 15_000);
				setTimeout(() => this.ctx.abort("enough"), 20_000);
				await sleep(25_000);
				this.log("never");
			}
			abort() {
				try { this.ctx.abort("at once"); this.log("after"); } catch { this.log("catch"); } finally { this.log("finally"); }
			}
			seen() { return "seen"; }`), roomOptions)
		a.get("/one/start", 500, "enough")
		a.stdout.line(t, "one interval")
		time.Sleep(10 * time.Minute)
		a.get("/one/seen", 200, "seen")
		a.stdout.line(t, "one constructed") // the second one
		a.get("/one/abort", 500, "at once")
		a.get("/one/seen", 200, "seen")
		want := []string{"one constructed", "one interval", "one constructed", "one constructed"}
		if got := strings.Split(strings.TrimSpace(a.stdout.String()), "\n"); !slices.Equal(got, want) {
			t.Errorf("the application prints %q; got %q", want, got)
		}
	})
}

func TestObjectBlockConcurrencyWhile(t *testing.T) {
	embeddedOnly(t, fakeTime)
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, roomScript(`
			ready = false;
			constructor(ctx, env) {
				super(ctx, env);
				ctx.blockConcurrencyWhile(async () => { await sleep(2000); this.ready = true; });
			}
			fails() { return this.ctx.blockConcurrencyWhile(async () => { await sleep(1); throw new Error("section failed"); }); }
			hangs() { this.ctx.blockConcurrencyWhile(() => new Promise(() => {})); }
			state() { return String(this.ready); }`), roomOptions)
		began := time.Now()
		a.get("/one/state", 200, "true")
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("the event waits for the section of the constructor; got %v", took)
		}
		a.get("/one/fails", 500, "section failed")
		a.get("/one/hangs", 200, "")
		time.Sleep(10 * time.Second)
		began = time.Now()
		a.get("/one/state", 500, "A call to blockConcurrencyWhile() in a Durable Object waited for too long. The call was canceled and the Durable Object was reset.")
		if took := time.Since(began); took != 20*time.Second {
			t.Errorf("the object is reset after 30 s; got %v", took+10*time.Second)
		}
		a.get("/one/state", 200, "true")
	})
}
