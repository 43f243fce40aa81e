//go:build unix

package worker_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// TestIsolatedEngineFailure checks that the failure of an engine in a child process takes one message along, and no connection.
func TestIsolatedEngineFailure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		timeout    time.Duration
		log        []string // of a line of the log
	}{
		{"an endless loop", "loop", loopTimeout, []string{"event stopped: it computed for too long", "event=websocketmessage", "connection=", "app.js:4:"}},
		{"too much memory", "grow", testTimeout, []string{"worker out of memory", "event=websocketmessage", "connection="}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, `
				addEventListener("websocketupgrade", (event) => event.accept());
				addEventListener("websocketmessage", (event) => {
					switch (event.data) {
						case "loop": for (;;);
						case "grow": for (const list = [];;) list.push("x".repeat(1000) + list.length);
					}
					event.source.send(event.data);
				});`, worker.Options{EventTimeout: c.timeout, Memory: small, Runtime: worker.Runtime{Process: true}})
			first, other := a.connect(), a.connect()
			first.send("before", c.text, "after")
			other.send("one", "two")
			first.want("before", "after")
			other.want("one", "two")
			a.log.line(t, c.log...)
		})
	}
}

// TestIsolatedEngineKilled checks that connections survive the end of the process of the engine.
func TestIsolatedEngineKilled(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => event.accept({ data: 1 }));
		addEventListener("websocketmessage", ({ source, data }) => { source.send(data + source.data++); });`,
		worker.Options{Workers: 1, Runtime: worker.Runtime{Process: true}})
	c := a.connect()
	c.send("a")
	c.want("a1")
	process := a.Workers()[0].Process
	if process <= 1 {
		t.Fatalf("the status has the id of the process of the worker; got %+v", a.Workers())
	}
	if err := syscall.Kill(process, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	a.log.line(t, "worker process ended", "killed by signal")
	c.send("b")
	c.want("b2")
}
