package worker_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

func TestInstallEvent(t *testing.T) {
	t.Parallel()
	t.Run("install and activate complete before the first event", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			let words;
			const later = (value) => new Promise((done) => setTimeout(done, 5, value));
			addEventListener("install", async (event) => { words = [await later("async")]; });
			addEventListener("install", (event) => event.waitUntil(later("waitUntil").then((word) => words.push(word))));
			addEventListener("activate", () => words.push("activate"));
			addEventListener("fetch", (event) => event.respondWith(new Response(words.join())));`, worker.Options{})
		a.get("/", 200, "async,waitUntil,activate")
		if w := a.Workers()[0]; w.Events != 1 {
			t.Errorf("install and activate do not count as events of the worker; got %+v", w)
		}
	})
	t.Run("install is dispatched in one worker only", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `addEventListener("install", () => console.log("install")); console.log("load");`, worker.Options{Workers: 3})
		if got := regexp.MustCompile(`\[worker \d\] `).ReplaceAllString(a.stdout.String(), ""); got != "load\nload\nload\ninstall\n" {
			t.Errorf("each worker loads the script, and one installs it; got %q", got)
		}
	})
}

func TestAppReloadOfAVersionStuckWhileLoading(t *testing.T) {
	embeddedOnly(t, heldConsole)
	bubble(t, func(t *testing.T) {
		a := serveInMemory(t, version("v1"), worker.Options{EventTimeout: 10 * time.Second})
		a.stdout.hold("block")
		c := a.connect()
		for _, script := range []string{`console.log("block");`, `addEventListener("install", () => console.log("block"));`} {
			err := a.rewrite(script)
			if problem, ok := errors.AsType[*worker.LoadError](err); !ok || !strings.Contains(problem.Error(), "stuck in a built-in function") {
				t.Errorf("the error is that the script is stuck; got %v", err)
			}
			c.send("hello")
			if got, err := c.next(); err != nil || !strings.HasPrefix(got, "v1 hello") {
				t.Errorf("the last version handles messages; got %q %v", got, err)
			}
		}
		a.reload(version("v2"))
		a.get("/", 200, "v2")
	})
}

func TestAppShutdownDuringAReload(t *testing.T) {
	t.Parallel()
	a := serve(t, version("v1"), worker.Options{})
	result := make(chan error, 1)
	go func() { result <- a.rewrite(`console.log("loading"); for (;;);`) }()
	a.stdout.line(t, "loading")
	within(t, "Shutdown returns", func() { _ = a.Shutdown(t.Context()) })
	within(t, "the reload ends", func() {
		if err := <-result; !isStopped(err) {
			t.Errorf("Reload returns ErrStopped; got %v", err)
		}
	})
	a.log.never(t, "level=ERROR")
}
