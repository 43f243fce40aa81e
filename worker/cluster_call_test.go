package worker_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/memcluster"
)

// roomOnOtherNode has the methods of the class in the tests of calls between nodes.
const roomOnOtherNode = `
	n = 0;
	node() { return this.env.NODE; }
	add(by = 1) { return (this.n += by); }
	grow(text) { return this.add(text.length); }
	async slow(ms) { console.log("slow began"); await new Promise((done) => setTimeout(done, ms)); return this.add(); }
	fail() { throw Object.assign(new RangeError("far", { cause: new Error("inner") }), { code: 5 }); }
	echo(value) { return value; }
	counter() { return new Counter(); }
	record() { return { up: () => ++this.n, counter: new Counter() }; }
	async apply(f, n) { return [await f(n), await f(n + 1)]; }
	keep(f) { this.f = f.dup(); }
	useKept(n) { return this.f(n); }
	async read(stream) { let size = 0; for await (const chunk of stream) size += chunk.length; return size; }
	numbers(count, size) {
		let i = 0;
		return new ReadableStream({
			pull: (c) => { if (i === count) { c.close(); return; } c.enqueue(new Uint8Array(size).fill(i++)); },
			cancel: () => { console.log("stream cancelled"); },
		});
	}
	async fetch(request) {
		const url = new URL(request.url);
		if (url.pathname === "/slow") { request.signal.addEventListener("abort", () => console.log("request aborted")); await new Promise(() => {}); }
		if (url.pathname === "/stream") return new Response(this.numbers(8, 100000), { headers: { "x-stream": "yes" } });
		const body = await request.arrayBuffer();
		return new Response(request.method + " " + body.byteLength + " " + request.headers.get("x-test"), { status: 201, headers: { "x-node": this.env.NODE } });
	}
`

const casesOnOtherNode = `
	node: (room) => room.node(),
	add: (room) => room.add(),
	slow: (room) => room.slow(1000),
	error: (room) => room.fail().catch((e) => [e.constructor.name, e.message, e.code, e.cause.message, e.remote]),
	values: async (room) => { const got = await room.echo({ map: new Map([[1, new Date(0)]]), bytes: new Uint16Array([1, 2]), text: "x".repeat(70000) }); return [got.map.get(1).toJSON(), [...got.bytes], got.text.length]; },
	large: async (room) => (await room.echo("a".repeat(3000000))).length,
	order: async (room) => { const calls = [room.add("a".repeat(500000).length), room.add(1), room.add(1)]; return Promise.all(calls); },
	function: (room) => room.apply((n) => n * 2, 5),
	target: async (room) => { const c = await room.counter(); return [await c.add(), await c.add(3), await c.value]; },
	pipelined: async (room) => [await room.counter().add(2), await room.record().counter.add(7)],
	there: async (room) => { const back = await room.echo((n) => n * 2); return back(4); },
	kept: async (room) => { await room.keep((n) => n + 1); return room.useKept(1); },
	dispose: async (room) => { const c = await room.counter(); await c.add(41); c[Symbol.dispose](); },
	hold: async (room) => { globalThis.held = (await room.counter()).dup(); return held.add(); },
	held: async () => { try { return await held.add(); } catch (error) { return show(error); } },
	writes: (room) => { let i = 0; return room.read(new ReadableStream({ pull(c) { if (i++ === 8) c.close(); else c.enqueue(new Uint8Array(100000)); } })); },
	reads: async (room) => { let size = 0; for await (const chunk of await room.numbers(8, 100000)) size += chunk.length; return size; },
	cancels: async (room) => { const reader = (await room.numbers(1e9, 1000)).getReader(); await reader.read(); await reader.cancel(); },
	fetch: async (room) => { const r = await room.fetch("http://x/a?b", { method: "POST", body: "hello", headers: { "x-test": "1" } }); return [r.status, r.headers.get("x-node"), await r.text()]; },
	upload: async (room) => { let i = 0; const body = new ReadableStream({ pull(c) { if (i++ === 8) c.close(); else c.enqueue(new Uint8Array(100000)); } }); const r = await room.fetch("http://x/", { method: "PUT", body, duplex: "half" }); return r.text(); },
	download: async (room) => { const r = await room.fetch("http://x/stream"); return [r.headers.get("x-stream"), (await r.arrayBuffer()).byteLength]; },
	endless: async (room) => { const reader = (await room.numbers(1e9, 1000)).getReader(); for (let i = 0; ; i++) { await reader.read(); if (i === 3) console.log("reading"); await new Promise((done) => setTimeout(done, 10)); } },
	abort: async (room) => { const c = new AbortController(); setTimeout(() => c.abort(), 100); return room.fetch("http://x/slow", { signal: c.signal }).catch((e) => e.name); },
	longer: async (room) => Promise.all([room.grow("a".repeat(3000000)), room.add(1)]),
	retry: (room) => room.slow(1000).catch((e) => [e.message, e.retryable ?? false, e.durableObjectReset ?? false]),
`

// room is an object of a cluster, whose owner and another node are known.
type room struct {
	*memcluster.Cluster
	nodes         []*nodeApp
	owner, caller *nodeApp
}

// serveRoom serves the script with the class of these tests on three nodes, and finds the node that has the object.
func serveRoom(t *testing.T) *room {
	t.Helper()
	c, nodes := serveNodes(t, rpcScript(roomOnOtherNode, casesOnOtherNode), rpcOptions(1))
	r := &room{Cluster: c, nodes: nodes}
	r.find()
	return r
}

// find sets the node that has the object, and another one.
func (r *room) find() {
	name := strings.Trim(strings.TrimSpace(r.nodes[0].do(http.MethodGet, "/node", "").body), `"`)
	for _, n := range r.nodes {
		if n.node.Node() == name {
			r.owner = n
		} else {
			r.caller = n
		}
	}
}

// crash ends a node as the end of its machine does.
func (r *room) crash(n *nodeApp) {
	r.CutStore(n.node.Node(), true)
	n.node.Leave()
	var rest []*nodeApp
	for _, other := range r.nodes {
		if other != n {
			rest = append(rest, other)
		}
	}
	r.nodes = rest
}

func TestClusterCall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serveRoom(t)
		r.caller.answers([]row{
			{"error", `["RangeError","far",5,"inner",true]`},
			{"values", `["1970-01-01T00:00:00.000Z",[1,2],70000]`},
			{"large", `3000000`},
			{"add", `1`},
			{"order", `[500001,500002,500003]`},
			{"function", `[10,12]`},
			{"target", `[1,4,4]`},
			{"pipelined", `[2,7]`},
			{"there", `8`},
			{"kept", `2`},
			{"writes", `800000`},
			{"reads", `800000`},
			{"cancels", `null`},
			{"fetch", fmt.Sprintf(`[201,%q,"POST 5 1"]`, r.owner.node.Node())},
			{"upload", `"PUT 800000 null"`},
			{"download", `["yes",800000]`},
			{"abort", `"AbortError"`},
			{"dispose", `null`},
		})
		r.owner.stdout.line(t, "stream cancelled")
		r.owner.stdout.line(t, "request aborted")
		r.owner.stdout.line(t, "counter disposed 41")
	})
}

func TestClusterReferenceOfEndedNode(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serveRoom(t)
		r.caller.answers([]row{{"hold", "1"}, {"held", "2"}})
		r.crash(r.owner)
		r.caller.get("/held", 200, `"Error: The RPC stub is broken: the code that has passed it has ended"`)
	})
}

// TestClusterReferenceHeldByEndedNode checks that what an ended node has held is released.
func TestClusterReferenceHeldByEndedNode(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serveRoom(t)
		r.caller.get("/hold", 200, "1")
		r.crash(r.caller)
		r.owner.stdout.line(t, "counter disposed 1")
	})
}

func TestClusterOwnerCrash(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serveRoom(t)
		r.caller.get("/add", 200, "1")
		began := time.Now()
		r.crash(r.owner)
		for _, n := range r.nodes {
			n.get("/node", 200, fmt.Sprintf("%q", ownerNow(r)))
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("the next owner answers within 20 s; it took %s", took)
		}
	})
}

// ownerNow returns the name of the node that has the object of the tests.
func ownerNow(r *room) string {
	r.find()
	return r.owner.node.Node()
}

// TestClusterStreamOfEndedNode checks that the reader of a stream gets an error when the node of its writer ends.
func TestClusterStreamOfEndedNode(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serveRoom(t)
		var got answer
		var reading sync.WaitGroup
		reading.Go(func() { got = r.caller.do(http.MethodGet, "/endless", "") })
		r.caller.stdout.line(t, "reading")
		r.crash(r.owner)
		reading.Wait()
		if want := "TypeError: the connection to the other node was lost before the body was complete"; strings.TrimSpace(got.body) != want {
			t.Errorf("the reader gets %s; got %s", want, got.body)
		}
	})
}

func TestClusterIdleObject(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := serveRoom(t)
		if n := len(r.Entries("object/")); n != 1 {
			t.Errorf("one object has an owner; got %d", n)
		}
		time.Sleep(2 * time.Minute)
		if n := len(r.Entries("object/")); n != 0 {
			t.Errorf("no object has an owner after two minutes without events; got %d", n)
		}
		r.caller.get("/add", 200, "1")
	})
}

func TestClusterCallInProgress(t *testing.T) {
	// during calls /retry, which is in progress for one second, and calls during meanwhile.
	during := func(t *testing.T, r *room, during func()) string {
		t.Helper()
		var got answer
		var all sync.WaitGroup
		all.Go(func() { got = r.caller.do(http.MethodGet, "/retry", "") })
		r.owner.stdout.line(t, "slow began")
		during()
		all.Wait()
		return strings.TrimSpace(got.body)
	}
	const lost = `["Network connection lost: the node that has the Durable Object does not answer, and may have handled the call",true,false]`
	t.Run("the owner crashes", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := serveRoom(t)
			if got := during(t, r, func() { r.crash(r.owner) }); got != lost {
				t.Errorf("the call fails with %s; got %s", lost, got)
			}
		})
	})
	t.Run("the link breaks", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := serveRoom(t)
			got := during(t, r, func() {
				r.Cut(r.owner.node.Node(), r.caller.node.Node())
				r.Cut(r.caller.node.Node(), r.owner.node.Node())
			})
			if got != lost {
				t.Errorf("the call fails with %s; got %s", lost, got)
			}
			r.Heal()
			time.Sleep(5 * time.Second)    // until the call that has failed here has ended
			r.caller.get("/add", 200, "2") // it was handled once
		})
	})
	t.Run("the owner has no connection to the store", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := serveRoom(t)
			r.CutStore(r.owner.node.Node(), true)
			time.Sleep(time.Second)
			var got answer
			for range 20 { // until the lease ends during a call
				if got = r.caller.do(http.MethodGet, "/retry", ""); !strings.HasPrefix(got.body, "[") {
					continue
				}
				break
			}
			if want := `["Durable Object reset because another node takes it over.",true,true]`; strings.TrimSpace(got.body) != want {
				t.Errorf("the call fails with %s; got %s", want, got.body)
			}
			last := r.owner
			if r.caller.get("/add", 200, "1"); ownerNow(r) == last.node.Node() {
				t.Error("another node owns the object")
			}
			r.CutStore(last.node.Node(), false)
			last.get("/add", 200, "2")
		})
	})
	t.Run("the owner is shut down", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			r := serveRoom(t)
			last := r.owner
			if got := during(t, r, func() { go func() { _ = last.Shutdown(context.Background()) }() }); got != "1" {
				t.Errorf("the call is answered with 1; got %s", got)
			}
			r.caller.get("/add", 200, "1") // what was not stored is lost with the instance
			r.find()
			if r.owner == last {
				t.Error("another node owns the object")
			}
		})
	})
}

// A call that is still being sent when the session with the node of its object ends has not begun there, so it is sent again, and those after it stay after it.
func TestClusterCallBeingSent(t *testing.T) {
	for _, c := range []struct {
		name string
		end  func(r *room)
		want string
	}{
		{"the link breaks", func(r *room) { r.Heal() }, "[3000000,3000001]"},
		{"the owner crashes", func(r *room) { r.Heal(); r.crash(r.owner) }, "[3000000,3000001]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r := serveRoom(t)
				r.Cut(r.owner.node.Node(), r.caller.node.Node()) // so the rest of a long call is not requested
				var all sync.WaitGroup
				all.Go(func() { r.caller.get("/longer", 200, c.want) })
				time.Sleep(7 * time.Second)
				c.end(r)
				all.Wait()
			})
		})
	}
}
