package worker_test

import (
	"os"
	"testing"

	"github.com/lingerws/linger/worker"
)

// everywhere is an application that uses what is Linger's in each runtime. The version is in its answers.
func everywhere(version string) string {
	return `
		const version = "` + version + `";
		addEventListener("websocketupgrade", (event) => {
			const name = event.request.headers.get("x-user");
			if (name === null) return event.respondWith(new Response("who are you?", { status: 401 }));
			event.accept({ protocol: "chat", data: { name, seen: 0, since: new Date(0) }, headers: { "x-version": version } }).subscribe("room");
		});
		addEventListener("websocketmessage", async (event) => {
			const { source, data } = event;
			if (data instanceof ArrayBuffer) return source.send(new Uint8Array(data).reverse());
			const [verb, ...words] = data.split(" ");
			if (verb === "loop") for (;;);
			if (verb === "later") await new Promise((done) => setTimeout(done, 5));
			if (verb === "say") clients.publish("room", source.data.name + ": " + words.join(" "), { except: source });
			source.data.seen++;
			source.send([version, data, source.data.seen, source.data.since.getTime(), source.protocol].join());
		});
		addEventListener("websocketclose", (event) => console.log("closed", event.code, event.reason, event.source.data.name));
		addEventListener("fetch", async (event) => {
			event.waitUntil(Promise.resolve().then(() => console.log("extended")));
			event.respondWith(event.request.text().then((text) => new Response(version + " " + event.request.method + " " + text, { status: 201 })));
		});
		setWebSocketAutoResponse("ping", "pong");`
}

func TestRuntimes(t *testing.T) {
	t.Parallel()
	embeddedOnly(t, "the test runs on each runtime itself")
	for _, name := range runtimeNames {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, everywhere("v1"), worker.Options{Runtime: runtimeOf(t, name), EventTimeout: loopTimeout})
			if got := a.do("POST", "/", "hello"); got.StatusCode != 201 || got.body != "v1 POST hello" {
				t.Errorf("a request is answered with its text; got %d %q", got.StatusCode, got.body)
			}
			a.stdout.line(t, "extended")
			if got := a.decline(); got.StatusCode != 401 || got.body != "who are you?" {
				t.Errorf("a request to upgrade may be declined; got %d %q", got.StatusCode, got.body)
			}
			ann, bob := a.connect("X-User: ann", "Sec-WebSocket-Protocol: chat"), a.connect("X-User: bob", "Sec-WebSocket-Protocol: chat")
			if got := ann.response.Header.Get("X-Version"); got != "v1" {
				t.Errorf("the 101 has the fields of accept; got %q", got)
			}
			ann.send("ping")
			ann.want("pong")
			ann.send("later", "say hello")
			ann.want("v1,later,1,0,chat", "v1,say hello,2,0,chat")
			bob.want("ann: hello")
			bob.sendBytes(1, 2, 3)
			bob.want("bytes [3 2 1]")

			a.reload(everywhere("v2"))
			ann.send("again")
			ann.want("v2,again,3,0,chat")

			bob.send("loop")
			a.log.line(t, "computed for too long")
			a.log.line(t, "level=ERROR", "event=websocketmessage", "connection=")
			ann.send("still here")
			ann.want("v2,still here,4,0,chat")
			a.kill(0)
			bob.send("and here")
			bob.want("v2,and here,1,0,chat")
			bob.close(3000, "bye")
			bob.want("closed 3000 bye")
			a.stdout.line(t, "closed 3000 bye bob")
		})
	}
}

// kill kills the child process of a worker, if it has one, and waits until the worker has replaced it.
func (a *testApp) kill(index int) {
	a.t.Helper()
	before := a.Workers()[index]
	if before.Process == 0 {
		return
	}
	child, err := os.FindProcess(before.Process)
	if err == nil {
		err = child.Kill()
	}
	if err != nil {
		a.t.Fatal(err)
	}
	a.until("the worker has another process", func() bool {
		now := a.Workers()[index]
		return now.Failures > before.Failures && now.Process != before.Process && now.State == "running"
	})
}
