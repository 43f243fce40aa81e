package worker_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

// open sends a request and returns the response when its header has arrived. cancel disconnects the client.
func (a *testApp) open(method, path string, body io.Reader) (response *http.Response, cancel func()) {
	a.t.Helper()
	ctx, cancel := context.WithCancel(a.t.Context())
	request, err := http.NewRequestWithContext(ctx, method, "http://"+a.address+path, body)
	if err != nil {
		a.t.Fatal(err)
	}
	transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return a.dial() }}
	a.t.Cleanup(transport.CloseIdleConnections)
	a.t.Cleanup(cancel)
	within(a.t, "the header of the response arrives", func() {
		if response, err = transport.RoundTrip(request); err != nil {
			a.t.Errorf("the header of the response arrives; got %v", err)
		}
	})
	if err != nil {
		a.t.FailNow()
	}
	a.t.Cleanup(func() { _ = response.Body.Close() })
	return response, cancel
}

// wantBytes reads the next bytes of a body.
func wantBytes(t *testing.T, body io.Reader, want string) {
	t.Helper()
	got := make([]byte, len(want))
	within(t, fmt.Sprintf("%q arrives", want), func() {
		if n, err := io.ReadFull(body, got); err != nil || string(got) != want {
			t.Errorf("the next bytes are %q; got %q, %v", want, got[:n], err)
		}
	})
}

// wantEnd reads the rest of a body, which must be empty. complete reports whether the body must be complete.
func wantEnd(t *testing.T, body io.Reader, complete bool) {
	t.Helper()
	within(t, "the body ends", func() {
		rest, err := io.ReadAll(body)
		if (err == nil) != complete || complete && len(rest) > 0 {
			t.Errorf("the body ends, complete is %v; got %q, %v", complete, rest, err)
		}
	})
}

const helpers = `
	const encoder = new TextEncoder();
	const later = (ms) => new Promise((done) => setTimeout(done, ms));
	const isAt = (event, path) => new URL(event.request.url).pathname === path;
`

func TestResponseStream(t *testing.T) {
	t.Parallel()
	t.Run("each chunk leaves when the script writes it", func(t *testing.T) {
		t.Parallel()
		a := serve(t, helpers+`
			let controller;
			addEventListener("fetch", (event) => {
				if (isAt(event, "/events")) {
					const body = new ReadableStream({ start(given) { controller = given; controller.enqueue(encoder.encode("data: 0\n\n")); } });
					return event.respondWith(new Response(body, { headers: { "content-type": "text/event-stream" } }));
				}
				if (isAt(event, "/end")) controller.close();
				else controller.enqueue(encoder.encode("data: " + new URL(event.request.url).search + "\n\n"));
				event.respondWith(new Response("sent"));
			});`, worker.Options{})
		response, _ := a.open("GET", "/events", nil)
		if response.Header.Get("Content-Type") != "text/event-stream" || response.ContentLength != -1 {
			t.Errorf("a stream has the given type and no length; got %v", response.Header)
		}
		wantBytes(t, response.Body, "data: 0\n\n")
		for i := range 3 {
			a.get(fmt.Sprint("/send?", i), 200, "sent")
			wantBytes(t, response.Body, fmt.Sprintf("data: ?%d\n\n", i))
		}
		a.get("/end", 200, "sent")
		wantEnd(t, response.Body, true)
	})
	t.Run("a stream that has been piped, teed, cloned or rebuilt reaches the client", func(t *testing.T) {
		t.Parallel()
		a := serve(t, helpers+`
			const chunks = (...list) => new ReadableStream({ async pull(controller) {
				await later(1);
				list.length > 0 ? controller.enqueue(encoder.encode(list.shift())) : controller.close();
			} });
			const upper = () => new TransformStream({ transform(chunk, controller) { controller.enqueue(chunk.map((byte) => byte - 32)); } });
			const makers = {
				"/plain": () => new Response(chunks("a", "bc")),
				"/piped": () => new Response(chunks("a", "bc").pipeThrough(upper())),
				"/teed": () => new Response(chunks("a", "bc").tee()[1]),
				"/cloned": () => new Response(chunks("a", "bc")).clone(),
				"/rebuilt": () => { const old = new Response(chunks("a", "bc")), fresh = new Response(old.body, old); fresh.headers.set("x-a", "1"); return fresh; },
				"/identity": () => { const { readable, writable } = new TransformStream(); chunks("a", "bc").pipeTo(writable); return new Response(readable); },
				"/empty": () => new Response(chunks()),
			};
			addEventListener("fetch", (event) => event.respondWith(makers[new URL(event.request.url).pathname]()));`, worker.Options{})
		for path, want := range map[string]string{"/plain": "abc", "/piped": "ABC", "/teed": "abc", "/cloned": "abc", "/rebuilt": "abc", "/identity": "abc", "/empty": ""} {
			if got := a.do("GET", path, ""); got.StatusCode != 200 || got.body != want {
				t.Errorf("the response to %s is %q; got %d %q", path, want, got.StatusCode, got.body)
			}
		}
		a.log.never(t, "level=ERROR")
	})
	t.Run("the script's pull is called only as the client reads", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, helpers+`
				let pulls = 0;
				addEventListener("fetch", (event) => {
					if (isAt(event, "/pulls")) return event.respondWith(new Response(String(pulls)));
					event.respondWith(new Response(new ReadableStream({ pull(controller) { pulls++; controller.enqueue(new Uint8Array(16384)); } })));
				});`, worker.Options{})
			response, cancel := a.open("GET", "/", nil)
			count := func() int {
				time.Sleep(time.Second) // fake time: the script has stopped before it passes
				n, _ := strconv.Atoi(a.do("GET", "/pulls", "").body)
				return n
			}
			first := count()
			if second := count(); second != first || first > 100 {
				t.Errorf("a client that reads nothing stops the script after some chunks; it was asked for %d, then %d", first, second)
			}
			if _, err := io.CopyN(io.Discard, response.Body, 100*16384); err != nil {
				t.Fatal(err)
			}
			if third := count(); third < 100 || third > first+200 {
				t.Errorf("a client that has read 100 chunks lets the script go on; it was asked for %d", third)
			}
			cancel()
		})
	})
}

func TestResponseStreamEnds(t *testing.T) {
	t.Parallel()
	endless := helpers + `
		addEventListener("fetch", (event) => {
			if (isAt(event, "/crash")) for (;;);
			if (isAt(event, "/")) event.request.signal.onabort = ({ target }) => console.log("aborted", target.reason.name);
			event.respondWith(new Response(new ReadableStream({
				async pull(controller) { await later(5); controller.enqueue(encoder.encode(".")); },
				cancel(reason) { console.log("cancelled", reason.name, reason.message); },
			})));
		});`
	t.Run("a client that disconnects cancels the stream and aborts the signal of the request", func(t *testing.T) {
		t.Parallel()
		a := serve(t, endless, worker.Options{SleepAfter: 20 * time.Millisecond})
		response, cancel := a.open("GET", "/", nil)
		wantBytes(t, response.Body, "..")
		a.log.line(t, "worker stays awake")
		cancel()
		a.stdout.line(t, "cancelled AbortError The client has disconnected")
		a.stdout.line(t, "aborted AbortError")
		a.state(0, "asleep")
		a.log.never(t, "level=ERROR")
	})
	t.Run("a response is cut off by a crash", func(t *testing.T) {
		t.Parallel()
		a := serve(t, endless, worker.Options{EventTimeout: loopTimeout})
		response, _ := a.open("GET", "/", nil)
		wantBytes(t, response.Body, "..")
		a.do("GET", "/crash", "")
		wantEnd(t, response.Body, false)
		a.log.line(t, "level=ERROR", "response cut off", "event=fetch")
	})
	t.Run("a response outlives a reload, for FinishTimeout", func(t *testing.T) {
		t.Parallel()
		a := serve(t, endless, worker.Options{EventTimeout: loopTimeout, FinishTimeout: loopTimeout})
		response, _ := a.open("GET", "/", nil)
		wantBytes(t, response.Body, "..")
		a.reload(`addEventListener("fetch", (event) => event.respondWith(new Response("new")));`)
		a.get("/", 200, "new")
		wantBytes(t, response.Body, "..")
		wantEnd(t, response.Body, false)
	})
	t.Run("a shutdown waits for a response, and cuts it off at the end of its time", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			opts := worker.Options{}
			opts.Server.ShutdownTimeout = 5 * time.Second
			a := serveInMemory(t, endless, opts)
			response, _ := a.open("GET", "/", nil)
			wantBytes(t, response.Body, "..")
			began := time.Now()
			_ = a.Shutdown(t.Context())
			if took := time.Since(began); took < 5*time.Second {
				t.Errorf("the shutdown waits for 5s; it took %v", took)
			}
			wantEnd(t, response.Body, false)
			a.log.line(t, "were cut off: the shutdown timeout has expired")
		})
	})
	t.Run("a response that ends after a reload is complete", func(t *testing.T) {
		t.Parallel()
		a := serve(t, helpers+`
			let controller;
			new BroadcastChannel("end").onmessage = () => { controller.enqueue(encoder.encode("end")); controller.close(); };
			addEventListener("fetch", (event) => event.respondWith(new Response(new ReadableStream({ start(given) {
				controller = given;
				controller.enqueue(encoder.encode("begin"));
				const timer = setInterval(() => { if (reloaded) { clearInterval(timer); controller.enqueue(encoder.encode("end")); controller.close(); } }, 5);
			} }))));
			let reloaded = false;
			setTimeout(() => { reloaded = true; }, 200);`, worker.Options{})
		response, _ := a.open("GET", "/", nil)
		wantBytes(t, response.Body, "begin")
		a.reload(`addEventListener("fetch", (event) => event.respondWith(new Response("new")));`)
		wantBytes(t, response.Body, "end")
		wantEnd(t, response.Body, true)
	})
	t.Run("the event timeout does not apply to a response that has begun", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, endless, worker.Options{EventTimeout: 100 * time.Millisecond})
			response, cancel := a.open("GET", "/x", nil)
			if _, err := io.CopyN(io.Discard, response.Body, 1000); err != nil {
				t.Errorf("a response lasts longer than the event timeout; got %v", err)
			}
			cancel()
			time.Sleep(time.Second)
			a.log.never(t, "level=ERROR")
		})
	})
	t.Run("a client that does not read is disconnected after the write timeout", func(t *testing.T) {
		bubble(t, func(t *testing.T) {
			opts := worker.Options{}
			opts.Server.WriteTimeout = 3 * time.Second
			a := serveInMemory(t, helpers+`
				addEventListener("fetch", (event) => event.respondWith(new Response(new ReadableStream({
					pull(controller) { controller.enqueue(new Uint8Array(65536)); },
					cancel(reason) { console.log("cancelled", reason.message); },
				}))));`, opts)
			response, _ := a.open("GET", "/", nil)
			time.Sleep(10 * time.Second)
			a.stdout.line(t, "cancelled The client did not read the response in time")
			wantEnd(t, response.Body, false)
		})
	})
	t.Run("a stream that fails cuts the response off", func(t *testing.T) {
		t.Parallel()
		a := serve(t, helpers+`
			addEventListener("fetch", (event) => {
				let begun = false;
				event.respondWith(new Response(new ReadableStream({ async pull(controller) {
					if (begun && isAt(event, "/throw")) throw new RangeError("broken source");
					controller.enqueue(begun ? "text" : encoder.encode("begin"));
					begun = true;
				} })));
			});`, worker.Options{})
		for path, want := range map[string]string{"/throw": "RangeError: broken source", "/text": "pipe text through a TextEncoderStream"} {
			response, _ := a.open("GET", path, nil)
			wantEnd(t, response.Body, false)
			a.log.line(t, "uncaught exception", want, "event=fetch", "url=http://", path)
		}
	})
}

func TestResponseStreamHeaders(t *testing.T) {
	t.Parallel()
	a := serve(t, helpers+`
		addEventListener("fetch", (event) => {
			const { searchParams } = new URL(event.request.url);
			const body = new ReadableStream({
				pull(controller) { if (event.request.method === "HEAD") return later(1e6); controller.enqueue(encoder.encode("hello")); controller.close(); },
				cancel() { console.log("cancelled", event.request.method); },
			}, { highWaterMark: 0 });
			event.respondWith(new Response(body, { headers: { "content-length": searchParams.get("length"), trailer: "x", "transfer-encoding": "gzip" } }));
		});`, worker.Options{})
	get := func(method, length string) (*http.Response, string, error) {
		response, _ := a.open(method, "/?length="+length, nil)
		body, err := io.ReadAll(response.Body)
		return response, string(body), err
	}
	if response, body, err := get("GET", "5"); response.ContentLength != 5 || body != "hello" || err != nil {
		t.Errorf("the right length is that of the response; got %d, %q, %v", response.ContentLength, body, err)
	}
	if response, body, err := get("GET", "many"); response.ContentLength != -1 || body != "hello" || err != nil || len(response.Trailer) > 0 {
		t.Errorf("a length that is not a number, and a trailer, are not sent; got %d, %q, %v", response.ContentLength, body, err)
	}
	if _, body, err := get("GET", "7"); err == nil {
		t.Errorf("a response that is too short is cut off; got %q", body)
	}
	a.log.line(t, "level=ERROR", "shorter than its content-length", "content-length=7")
	if _, body, err := get("GET", "3"); body == "hello" || err == nil {
		t.Errorf("a response that is too long is cut off; got %q, %v", body, err)
	}
	a.log.line(t, "level=ERROR", "longer than its content-length")
	if response, body, err := get("HEAD", "5"); response.ContentLength != 5 || body != "" || err != nil {
		t.Errorf("the response to HEAD has the length, and no body; got %d, %q, %v", response.ContentLength, body, err)
	}
	a.stdout.line(t, "cancelled HEAD")
}

func TestResponseStreamDeclinesAnUpgrade(t *testing.T) {
	t.Parallel()
	a := serve(t, helpers+`
		addEventListener("websocketupgrade", (event) => {
			let left = 3;
			event.respondWith(new Response(new ReadableStream({ async pull(controller) {
				await later(1);
				if (left-- > 0) return controller.enqueue(encoder.encode("no "));
				if (isAt(event, "/broken")) throw new Error("broken");
				controller.close();
			} }), { status: 403 }));
		});`, worker.Options{})
	for path, complete := range map[string]bool{"/": true, "/broken": false} {
		nc, err := a.dial()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(nc, "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", path)
		response, err := http.ReadResponse(bufio.NewReader(nc), nil)
		if err != nil || response.StatusCode != http.StatusForbidden {
			t.Fatalf("the upgrade is declined; got %v, %v", response, err)
		}
		wantBytes(t, response.Body, "no no no ")
		wantEnd(t, response.Body, complete)
		_ = nc.Close()
	}
	a.log.line(t, "uncaught exception", "broken")
	a.log.never(t, "handler panicked")
	late := serve(t, helpers+`
		addEventListener("websocketupgrade", (event) => event.respondWith(later(200).then(() =>
			new Response(new ReadableStream({ pull: () => later(1e6), cancel() { console.log("cancelled"); } }), { status: 403 }))));`,
		worker.Options{Server: linger.Options{UpgradeTimeout: 20 * time.Millisecond}})
	if got := late.decline(); got.StatusCode != http.StatusGatewayTimeout {
		t.Errorf("an upgrade that is not answered in time gets 504; got %d", got.StatusCode)
	}
	late.stdout.line(t, "cancelled")
}

func TestStreamsOverHTTP2(t *testing.T) {
	t.Parallel()
	a := serve(t, helpers+`
		addEventListener("fetch", (event) => {
			if (isAt(event, "/ignore")) return event.respondWith(new Response("early"));
			if (isAt(event, "/echo")) return event.respondWith(new Response(event.request.body.pipeThrough(new TransformStream())));
			event.respondWith(new Response(new ReadableStream({
				async pull(controller) { await later(1); if (isAt(event, "/broken")) throw new Error("broken"); controller.enqueue(encoder.encode(".")); },
				cancel(reason) { console.log("cancelled", reason.message); },
			})));
		});`, worker.Options{})
	server := httptest.NewUnstartedServer(a.App)
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	open := func(method, path string, body io.Reader) (*http.Response, context.CancelFunc) {
		ctx, cancel := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(ctx, method, server.URL+path, body)
		if err != nil {
			t.Fatal(err)
		}
		response, err := server.Client().Do(request)
		if err != nil || response.ProtoMajor != 2 {
			t.Fatalf("the response is one of HTTP/2; got %v, %v", response, err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return response, cancel
	}
	response, cancel := open("GET", "/", nil)
	wantBytes(t, response.Body, "...")
	cancel()
	a.stdout.line(t, "cancelled The client has disconnected")
	response, cancel = open("GET", "/broken", nil)
	wantEnd(t, response.Body, false)
	cancel()
	reader, writer := io.Pipe()
	go func() { _, _ = io.WriteString(writer, "a") }()
	response, cancel = open("POST", "/echo", reader)
	wantBytes(t, response.Body, "a")
	_, _ = io.WriteString(writer, "b")
	wantBytes(t, response.Body, "b")
	_ = writer.Close()
	wantEnd(t, response.Body, true)
	cancel()
	silent, _ := io.Pipe()
	response, cancel = open("POST", "/ignore", silent)
	wantBytes(t, response.Body, "early")
	wantEnd(t, response.Body, true)
	cancel()
}
