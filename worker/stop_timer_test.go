package worker_test

import (
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestAppShutdownStopsTimers(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("fetch", (event) => {
			event.respondWith(new Response("hello"));
			setTimeout(() => {
				console.log("begun");
				for (;;);
			}, 1);
		});`, worker.Options{})
	a.get("/", 200, "hello")
	a.stdout.line(t, "begun")
	within(t, "the end of the application", func() { _ = a.Shutdown(t.Context()) })
	if inProcess() { // a child process is killed, without a line
		a.log.line(t, "level=INFO", "code outside of events stopped: the application is shutting down")
	}
	a.log.never(t, "level=ERROR")
}
