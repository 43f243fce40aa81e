package worker_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/lingerws/linger/worker"
)

// spans records the spans of an application. The id of each is its number.
type spans struct {
	mu    sync.Mutex
	list  []string // for each span: the event, its parent and what the end has reported
	ended chan string
}

func newSpans() *spans { return &spans{ended: make(chan string, 1000)} }

// start is worker.Options.StartSpan.
func (s *spans) start(start worker.SpanStart) *worker.Span {
	s.mu.Lock()
	defer s.mu.Unlock()
	number := len(s.list) + 1
	s.list = append(s.list, start.Event)
	kind := strings.TrimPrefix(start.Event, "websocket")
	return &worker.Span{
		Context: worker.TraceContext{Parent: fmt.Sprintf("%s-%d", kind, number), State: "vendor=" + kind},
		End: func(end worker.SpanEnd) {
			text := fmt.Sprintf("%s<%s", kind, start.Parent.Parent)
			if end.Status != 0 {
				text += fmt.Sprintf(" %d", end.Status)
			}
			if end.Failed {
				text += " failed: " + end.Error
			}
			s.ended <- text
		},
	}
}

// want fails the test unless the spans that end next, in any order, are these.
func (s *spans) want(t *testing.T, wanted ...string) {
	t.Helper()
	var got []string
	within(t, fmt.Sprintf("the end of the spans %q", wanted), func() {
		for range wanted {
			got = append(got, <-s.ended)
		}
	})
	slices.Sort(got)
	slices.Sort(wanted)
	if !slices.Equal(got, wanted) {
		t.Errorf("the spans are\n%q, want\n%q", got, wanted)
	}
}

// contexts responds with the trace context of a request.
func contexts(w http.ResponseWriter, r *http.Request) {
	_, _ = fmt.Fprintf(w, "%s %s", r.Header.Get("Traceparent"), r.Header.Get("Tracestate"))
}

// traced is an application whose events fetch from another server, after an await and a timer, and outside of events.
func traced(base string) string {
	return fmt.Sprintf(`
		const base = %q;
		const seen = (options) => fetch(base, options).then((r) => r.text());
		const later = (ms) => new Promise((done) => setTimeout(done, ms));
		addEventListener("websocketupgrade", (event) => {
			if (event.request.url.endsWith("/refused")) return void event.respond(new Response("no", { status: 403 }));
			event.accept().send("hello");
		});
		addEventListener("websocketmessage", async (event) => {
			const { data, source } = event;
			switch (data) {
			case "fetch": return source.send(await seen());
			case "later": await later(1); await null; return source.send(await seen(new Request(base, { headers: { a: "b" } })));
			case "own": return source.send(await seen({ headers: { traceparent: "mine" } }));
			case "work": return void event.waitUntil(later(5).then(seen).then((text) => source.send(text)));
			case "throw": throw new Error("on purpose");
			}
		});
		addEventListener("fetch", (event) => event.respondWith(seen().then((text) => new Response(text, { status: 201 }))));`, base)
}

func TestSpans(t *testing.T) {
	t.Parallel()
	server := otherServer(t, contexts)
	spans := newSpans()
	a := serve(t, traced(server.URL), worker.Options{StartSpan: spans.start})

	c := a.connect("Traceparent: client", "Tracestate: x=y")
	c.want("hello")
	spans.want(t, "upgrade<client 101")

	t.Run("the context of an event follows its code", func(t *testing.T) {
		c.send("fetch")
		c.want("message-2 vendor=message")
		spans.want(t, "message<upgrade-1")
		c.send("later")
		c.want("message-3 vendor=message")
		spans.want(t, "message<upgrade-1")
		c.send("work")
		spans.want(t, "message<upgrade-1")
		c.want("message-4 vendor=message")
	})

	t.Run("a context that the application sets is kept", func(t *testing.T) {
		c.send("own")
		c.want("mine ")
		spans.want(t, "message<upgrade-1")
	})

	t.Run("a span reports what a listener has thrown", func(t *testing.T) {
		c.send("throw")
		spans.want(t, "message<upgrade-1 failed: Error: on purpose")
	})

	t.Run("the close event belongs to the upgrade", func(t *testing.T) {
		c.close(1000, "")
		spans.want(t, "close<upgrade-1")
	})

	t.Run("requests have the status of their response", func(t *testing.T) {
		a.get("/", 201, "fetch-8 vendor=fetch")
		spans.want(t, "fetch< 201")
		a.do(http.MethodGet, "/", "", "Traceparent", "other")
		spans.want(t, "fetch<other 201")
	})
}

func TestSpansAbsentContext(t *testing.T) {
	t.Parallel()
	server := otherServer(t, contexts)
	a := serve(t, traced(server.URL), worker.Options{StartSpan: func(worker.SpanStart) *worker.Span {
		return &worker.Span{End: func(worker.SpanEnd) {}}
	}})
	c := a.connect()
	c.want("hello")
	c.send("fetch")
	c.want(" ")
}

func TestSpansOfObjects(t *testing.T) {
	t.Parallel()
	server := otherServer(t, contexts)
	spans := newSpans()
	script := fmt.Sprintf(`
		import { DurableObject } from "cloudflare:workers";
		export class Room extends DurableObject {
			async fetch(request) { return fetch(%[1]q); }
			async seen() { await null; return (await fetch(%[1]q)).text(); }
		}
		export default { async fetch(request, env) {
			const room = env.ROOMS.getByName("a");
			if (request.url.endsWith("/call")) return new Response(await room.seen());
			return room.fetch(request.url);
		} };`, server.URL)
	opts := worker.Options{
		Bindings:  worker.Bindings{Objects: []worker.ObjectNamespace{{Name: "ROOMS", Class: "Room"}}},
		StartSpan: spans.start,
	}
	a := serve(t, script, opts)
	a.get("/request", 200, "fetch-2 vendor=fetch")
	spans.want(t, "fetch< 200", "fetch<fetch-1 200")
	a.get("/call", 200, "rpc-4 vendor=rpc")
}
