package worker_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestRequestStream(t *testing.T) {
	t.Parallel()
	t.Run("the listener gets a body while it arrives", func(t *testing.T) {
		t.Parallel()
		a := serve(t, helpers+`
			addEventListener("fetch", async (event) => {
				console.log("listener called");
				for await (const chunk of event.request.body) console.log("chunk", new TextDecoder().decode(chunk));
				event.respondWith(new Response("read"));
			});`, worker.Options{})
		reader, writer := io.Pipe()
		done := make(chan string, 1)
		go func() {
			response, _ := a.open("POST", "/", reader)
			body, _ := io.ReadAll(response.Body)
			done <- string(body)
		}()
		a.stdout.line(t, "listener called")
		for i := range 3 {
			_, _ = fmt.Fprint(writer, i)
			a.stdout.line(t, fmt.Sprint("chunk ", i))
		}
		_ = writer.Close()
		within(t, "the response arrives", func() {
			if body := <-done; body != "read" {
				t.Errorf("the response is complete; got %q", body)
			}
		})
	})
	t.Run("a body of any size can be read with little memory", func(t *testing.T) {
		t.Parallel()
		const size = 96 << 20
		a := serve(t, helpers+`
			addEventListener("fetch", async (event) => {
				let length = 0;
				for await (const chunk of event.request.body) length += chunk.byteLength;
				event.respondWith(new Response(String(length)));
			});`, worker.Options{MaxBody: 1 << 30, Memory: 32 << 20})
		response, _ := a.open("POST", "/", io.LimitReader(zeros{}, size))
		wantBytes(t, response.Body, strconv.Itoa(size))
	})
	t.Run("a body beyond MaxBody fails while it is read", func(t *testing.T) {
		t.Parallel()
		a := serve(t, helpers+`
			addEventListener("fetch", async (event) => {
				const { body } = event.request;
				let length = 0;
				try {
					for await (const chunk of body) length += chunk.byteLength;
				} catch (error) {
					if (isAt(event, "/throw")) throw error;
					event.respondWith(new Response(length + " " + error.name + " " + error.message));
				}
			});`, worker.Options{MaxBody: 100_000})
		response, _ := a.open("POST", "/catch", io.MultiReader(strings.NewReader(strings.Repeat("a", 200_000))))
		wantBytes(t, response.Body, "100000 TypeError the body of the request is larger than 100000 bytes")
		response, _ = a.open("POST", "/throw", io.MultiReader(strings.NewReader(strings.Repeat("a", 200_000))))
		if response.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("an event that fails because the body is too large gets 413; got %d", response.StatusCode)
		}
	})
	t.Run("a response can begin before the body has arrived", func(t *testing.T) {
		t.Parallel()
		a := serve(t, helpers+`
			const upper = () => new TransformStream({ transform(chunk, controller) { controller.enqueue(chunk.map((byte) => byte - 32)); } });
			addEventListener("fetch", (event) => event.respondWith(new Response(isAt(event, "/ignore") ? "early" : event.request.body.pipeThrough(upper()))));`, worker.Options{})
		reader, writer := io.Pipe()
		go func() { _, _ = io.WriteString(writer, "a") }()
		response, _ := a.open("POST", "/echo", reader)
		wantBytes(t, response.Body, "A")
		_, _ = io.WriteString(writer, "b")
		wantBytes(t, response.Body, "B")
		_ = writer.Close()
		wantEnd(t, response.Body, true)
		silent, _ := io.Pipe()
		response, _ = a.open("POST", "/ignore", silent)
		wantBytes(t, response.Body, "early")
		wantEnd(t, response.Body, true)
	})
	t.Run("a client that disconnects makes the body fail", func(t *testing.T) {
		t.Parallel()
		for _, read := range []string{`event.request.text()`, `event.request.body.getReader().read()`} {
			a := serve(t, helpers+`
				addEventListener("fetch", (event) => {
					console.log("listener called");
					event.respondWith(`+read+`.then(() => new Response("read"), (error) => { console.log("failed", error.name, error.message); return new Response("failed"); }));
				});`, worker.Options{})
			nc, err := a.dial()
			if err != nil {
				t.Fatal(err)
			}
			_, _ = io.WriteString(nc, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n")
			a.stdout.line(t, "listener called")
			_ = nc.Close()
			a.stdout.line(t, "failed TypeError the connection was lost before the body of the request was complete")
		}
	})
	t.Run("a client that disconnects aborts the signal of its request", func(t *testing.T) {
		t.Parallel()
		a := serve(t, helpers+`
			addEventListener("fetch", (event) => {
				const { signal } = event.request.clone();
				event.respondWith(new Promise((resolve) => signal.addEventListener("abort", () => {
					console.log("aborted", signal.reason.name, event.request.signal.aborted);
					resolve(new Response("late"));
				})));
				console.log("listener called");
			});`, worker.Options{})
		nc, err := a.dial()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.WriteString(nc, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
		a.stdout.line(t, "listener called")
		_ = nc.Close()
		a.stdout.line(t, "aborted AbortError true")
	})
	t.Run("a script can cancel a body that arrives, and stream a response", func(t *testing.T) {
		t.Parallel()
		a := serve(t, helpers+`
			addEventListener("fetch", async (event) => {
				event.request.signal.onabort = () => console.log("aborted");
				const reader = event.request.body.getReader();
				console.log("read", (await reader.read()).value.length);
				reader.read().catch(() => {});
				await reader.cancel();
				let left = 5;
				event.respondWith(new Response(new ReadableStream({ async pull(controller) { await later(20); left-- > 0 ? controller.enqueue(encoder.encode(".")) : controller.close(); } })));
			});`, worker.Options{})
		reader, writer := io.Pipe()
		go func() { _, _ = io.WriteString(writer, "abc") }()
		response, _ := a.open("POST", "/", reader)
		wantBytes(t, response.Body, ".....")
		wantEnd(t, response.Body, true)
		a.stdout.never(t, "aborted")
		a.log.never(t, "level=ERROR")
	})
	t.Run("a body can be read after the response if that has begun before", func(t *testing.T) {
		t.Parallel()
		a := serve(t, helpers+`
			addEventListener("fetch", (event) => {
				event.waitUntil(event.request.text().then((text) => console.log("read", text.length)));
				event.respondWith(new Response("accepted"));
			});`, worker.Options{})
		nc, err := a.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = nc.Close() }()
		_, _ = io.WriteString(nc, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n")
		response, err := http.ReadResponse(bufio.NewReader(nc), nil)
		if err != nil {
			t.Fatal(err)
		}
		wantBytes(t, response.Body, "accepted")
		_, _ = io.WriteString(nc, strings.Repeat("a", 1000))
		a.stdout.line(t, "read 1000")
	})
	t.Run("a connection is used again after bodies that nothing reads", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `addEventListener("fetch", (event) => event.respondWith(new Response(event.request.method)));`, worker.Options{})
		nc, err := a.dial()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = nc.Close() }()
		buffered := bufio.NewReader(nc)
		for i, size := range []int{1, 1000, 30_000, 150_000, 5} {
			_, _ = fmt.Fprintf(nc, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", size, strings.Repeat("G", size))
			response, err := http.ReadResponse(buffered, nil)
			if err != nil {
				t.Fatalf("request %d is answered on the same connection; got %v", i, err)
			}
			wantBytes(t, response.Body, "POST")
			if response.Close {
				if nc, err = a.dial(); err != nil {
					t.Fatal(err)
				}
				buffered = bufio.NewReader(nc)
			}
		}
	})
}

// zeros yields zero bytes.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

func TestRequestStreamEcho(t *testing.T) {
	t.Parallel()
	a := serve(t, `addEventListener("fetch", (event) => event.respondWith(new Response(event.request.body)));`, worker.Options{MaxBody: 1 << 30, Memory: 16 << 20})
	const size = 32 << 20
	response, _ := a.open("POST", "/", io.LimitReader(zeros{}, size))
	within(t, "the body is echoed without the engine", func() {
		if n, err := io.Copy(io.Discard, response.Body); n != size || err != nil {
			t.Errorf("the response has %d bytes; got %d, %v", size, n, err)
		}
	})
	if got := a.do("POST", "/", "small"); got.body != "small" || got.ContentLength != 5 {
		t.Errorf("a small body is echoed with its length; got %q, %d", got.body, got.ContentLength)
	}
}

func TestRequestStreamExpectContinue(t *testing.T) {
	t.Parallel()
	a := serve(t, helpers+`
		addEventListener("fetch", (event) => event.respondWith(isAt(event, "/read") ? event.request.text().then((text) => new Response(text)) : new Response("refused", { status: 403 })));`, worker.Options{})
	for path, want := range map[string]string{"/refuse": "403 refused", "/read": "100 200 abc"} {
		nc, err := a.dial()
		if err != nil {
			t.Fatal(err)
		}
		_, _ = fmt.Fprintf(nc, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n", path)
		buffered, got := bufio.NewReader(nc), ""
		for {
			response, err := http.ReadResponse(buffered, nil)
			if err != nil {
				t.Fatal(err)
			}
			got += fmt.Sprint(response.StatusCode, " ")
			if response.StatusCode != http.StatusContinue {
				body, _ := io.ReadAll(io.LimitReader(response.Body, response.ContentLength))
				got += string(body)
				break
			}
			_, _ = io.WriteString(nc, "abc")
		}
		if got != want {
			t.Errorf("the responses to %s with Expect are %q; got %q", path, want, got)
		}
		_ = nc.Close()
	}
}

func TestRequestStreamLimitedByTheScript(t *testing.T) {
	t.Parallel()
	// The way in which Hono's bodyLimit counts bytes, and passes them on in another Request.
	a := serve(t, `
		async function limited(request, maxSize) {
			const reader = request.body.getReader(), chunks = [];
			let size = 0;
			for (let item; !(item = await reader.read()).done; ) {
				size += item.value.length;
				if (size > maxSize) return new Response("too large", { status: 413 });
				chunks.push(item.value);
			}
			const body = new ReadableStream({ start(controller) {
				for (const chunk of chunks) controller.enqueue(chunk);
				controller.close();
			} });
			const copy = new Request(request, { body, duplex: "half" });
			return new Response(copy.method + " " + copy.headers.get("x-a") + " " + (await copy.text()));
		}
		addEventListener("fetch", (event) => event.respondWith(limited(event.request, 5)));`, worker.Options{})
	for body, want := range map[string]string{"abc": "200 POST 1 abc", "abcdefgh": "413 too large"} {
		got := a.do("POST", "/", body, "X-A", "1")
		if text := fmt.Sprint(got.StatusCode, " ", got.body); text != want {
			t.Errorf("a body of %d bytes gives %q; got %q", len(body), want, text)
		}
	}
	response, _ := a.open("POST", "/", zeros{})
	if response.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("an endless body gets the response of the script; got %d", response.StatusCode)
	}
}
