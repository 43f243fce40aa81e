package worker_test

import (
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// TestProcessFailure checks that a child that ends takes only the event along that has ended it, although it has received others with it.
func TestProcessFailure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		timeout    time.Duration
		log        []string // of a line of the log
	}{
		{"an endless loop", "loop", loopTimeout, []string{"event stopped: it computed for too long", "at=", "app.js:5:"}},
		{"process.exit", "exit", testTimeout, []string{"worker process ended", "exited with status 7"}},
		{"process.abort", "abort", testTimeout, []string{"worker process ended", "killed by signal"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, `
				addEventListener("websocketupgrade", (event) => event.accept());
				addEventListener("websocketmessage", (event) => {
					switch (event.data) {
						case "loop": for (;;);
						case "exit": process.exit(7);
						case "abort": process.abort();
					}
					event.source.send(event.data);
				});`, worker.Options{EventTimeout: c.timeout, Runtime: worker.Runtime{Name: "node"}})
			const connections = 20
			clients := make([]*client, connections) // each sends several messages, which may be part of one event
			for i := range clients {
				clients[i] = a.connect()
			}
			for i, client := range clients {
				if i == connections/2 {
					client.send("before", c.text, "with it", "and this")
				} else {
					client.send("before", "with it", "and this")
				}
			}
			for _, client := range clients {
				client.want("before", "with it", "and this")
			}
			a.log.line(t, c.log...)
			if failed := a.log.count("event failed: its worker was replaced"); failed != 1 {
				t.Errorf("one event fails; got %d:\n%s", failed, a.log)
			}
		})
	}
}

// TestProcessEventTimeout checks that each message of a series has the event timeout, after which the next one begins.
func TestProcessEventTimeout(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => event.accept());
		addEventListener("websocketmessage", (event) => {
			if (event.data === "hang") return new Promise(() => {});
			event.source.send(event.data);
		});`, worker.Options{EventTimeout: loopTimeout, Runtime: worker.Runtime{Name: "node"}})
	c := a.connect()
	c.send("hang", "next", "hang", "last")
	c.want("next", "last")
	a.log.line(t, "event timed out", "event=websocketmessage", "connection=", "limit="+loopTimeout.String())
}
