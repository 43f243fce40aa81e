package worker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// scheduledScript logs each scheduled event.
const scheduledScript = `
	export default {
		scheduled(controller, env, ctx) {
			console.log(controller.cron, new Date(controller.scheduledTime).toISOString(), env.NAME);
			controller.noRetry();
			ctx.waitUntil(Promise.resolve());
		},
	};`

func TestScheduled(t *testing.T) {
	t.Run("the default export gets the event at the times of its crons, once over all workers", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, scheduledScript, worker.Options{Workers: 3, Crons: []string{"0 * * * *", "30 1 * * *", "0 * * * *"}, Vars: map[string]any{"NAME": "ann"}})
			time.Sleep(2*time.Hour + time.Second) // the time in a bubble begins at 2000-01-01 00:00 UTC
			const want = "0 * * * * 2000-01-01T01:00:00.000Z ann\n30 1 * * * 2000-01-01T01:30:00.000Z ann\n0 * * * * 2000-01-01T02:00:00.000Z ann\n"
			if got := a.stdout.String(); got != want {
				t.Errorf("the events are\n%s\ngot\n%s", want, got)
			}
		})
	})
	t.Run("listeners get the event too", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `addEventListener("scheduled", (event) => console.log(event.type, event.cron, event.scheduledTime, event instanceof ScheduledEvent));`, worker.Options{})
		if err := a.Scheduled(t.Context(), "1 2 3 4 *", time.UnixMilli(1234)); err != nil {
			t.Fatal(err)
		}
		a.stdout.line(t, "scheduled 1 2 3 4 * 1234 true")
	})
	t.Run("the method of a WorkerEntrypoint gets the event", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			import { WorkerEntrypoint } from "cloudflare:workers";
			export default class extends WorkerEntrypoint {
				scheduled({ cron }) { console.log(cron, this.env.NAME, typeof this.ctx.waitUntil); }
				fetch(request) { return new Response(this.env.NAME + " " + request.method); }
			}`, worker.Options{Crons: []string{"0 0 1 1 *"}, Vars: map[string]any{"NAME": "ann"}})
		if err := a.Scheduled(t.Context(), "* * * * *", time.Now()); err != nil {
			t.Fatal(err)
		}
		a.stdout.line(t, "* * * * * ann function")
		a.get("/", 200, "ann GET")
	})
	t.Run("the next event of a cron waits for the last one, and times that pass meanwhile are left out", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, `
				export default { async scheduled({ scheduledTime }) {
					console.log("begin", new Date(scheduledTime).getUTCMinutes());
					await new Promise((done) => setTimeout(done, 90_000));
					console.log("end");
				} };`, worker.Options{Workers: 2, Crons: []string{"* * * * *"}, EventTimeout: time.Hour})
			time.Sleep(5 * time.Minute)
			if got, want := a.stdout.String(), "begin 1\nend\nbegin 3\nend\n"; !strings.HasPrefix(got, want) {
				t.Errorf("the events are %q; got %q", want, got)
			}
		})
	})
	t.Run("crons survive a reload", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, scheduledScript, worker.Options{Crons: []string{"0 * * * *"}, Vars: map[string]any{"NAME": "ann"}})
			time.Sleep(time.Minute)
			a.reload(strings.ReplaceAll(scheduledScript, "controller.cron", `"new"`))
			time.Sleep(time.Hour)
			if got, want := a.stdout.String(), "new 2000-01-01T01:00:00.000Z ann\n"; got != want {
				t.Errorf("the new version gets the event: %q; got %q", want, got)
			}
		})
	})
	t.Run("a sleeping worker wakes up for the event", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, scheduledScript, worker.Options{Crons: []string{"0 * * * *"}, SleepAfter: time.Second})
			time.Sleep(time.Minute)
			a.state(0, "asleep")
			time.Sleep(time.Hour)
			if got := a.stdout.String(); !strings.HasPrefix(got, "0 * * * * 2000-01-01T01:00") {
				t.Errorf("the event is handled; got %q", got)
			}
		})
	})
	t.Run("Shutdown waits for an event in progress, and no further one begins", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, `
				export default { async scheduled() {
					console.log("begin");
					await new Promise((done) => setTimeout(done, 3000));
					console.log("end");
				} };`, worker.Options{Crons: []string{"* * * * *"}})
			time.Sleep(time.Minute + time.Second)
			if err := a.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Hour)
			if got := a.stdout.String(); got != "begin\nend\n" {
				t.Errorf("one event is handled to its end; got %q", got)
			}
			if err := a.Scheduled(t.Context(), "* * * * *", time.Now()); !errors.Is(err, worker.ErrStopped) {
				t.Errorf("the error is ErrStopped; got %v", err)
			}
		})
	})
}

func TestScheduledErrors(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ script, want, log string }{
		"an exception":                {`export default { scheduled() { throw new RangeError("too much"); } };`, "RangeError: too much", `msg="uncaught exception" event=scheduled error="RangeError: too much"`},
		"a rejection":                 {`export default { async scheduled() { await null; throw new RangeError("late"); } };`, "RangeError: late", `event=scheduled error="RangeError: late"`},
		"a promise that does not end": {`export default { scheduled: () => new Promise(() => {}) };`, "did not finish within 1s", `msg="event timed out" event=scheduled`},
		"an endless loop":             {`export default { scheduled() { for (;;); } };`, "the application failed", `msg="event stopped: it computed for too long"`},
		"no handler":                  {`export default { fetch() {} };`, "the application has no scheduled handler", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			opts := worker.Options{}
			switch name {
			case "an endless loop":
				opts.EventTimeout = loopTimeout
			case "a promise that does not end":
				opts.EventTimeout = time.Second
			}
			a := serve(t, c.script, opts)
			if err := a.Scheduled(t.Context(), "* * * * *", time.Now()); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error contains %q; got %v", c.want, err)
			}
			if c.log != "" {
				a.log.line(t, c.log)
			}
		})
	}
	t.Run("a failure at the time of a cron is logged with the cron", func(t *testing.T) {
		embeddedOnly(t, fakeTime)
		bubble(t, func(t *testing.T) {
			a := serveInMemory(t, `export default { scheduled() { throw new RangeError("too much"); } };`, worker.Options{Crons: []string{"* * * * *"}})
			time.Sleep(time.Minute + time.Second)
			if want := `level=ERROR msg="scheduled event failed" cron="* * * * *" error="RangeError: too much"`; !strings.Contains(a.log.String(), want) {
				t.Errorf("the log contains %q; got %s", want, a.log.String())
			}
		})
	})
	t.Run("a context that ends does not stop the event", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `export default { async scheduled() { await new Promise((done) => setTimeout(done, 50)); console.log("end"); } };`, worker.Options{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := a.Scheduled(ctx, "* * * * *", time.Now()); !errors.Is(err, context.Canceled) && err != nil {
			t.Errorf("the error is that of the context; got %v", err)
		}
		a.until("the event ends", func() bool { return a.stdout.String() == "end\n" })
	})
}

func TestLoadChecksCrons(t *testing.T) {
	t.Parallel()
	var many []string
	for i := range 251 {
		many = append(many, strings.Repeat(" ", i)+"* * * * *")
	}
	for want, crons := range map[string][]string{
		`the cron "* * * *" has 4 fields`:               {"0 0 * * *", "* * * *"},
		`there are 251 crons: at most 250 are possible`: many,
	} {
		if _, err := load(t, write(t, "app.js", scheduledScript), worker.Options{Crons: crons, Logger: discard}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error contains %q; got %v", want, err)
		}
	}
	a := serve(t, `export default { fetch() {} };`, worker.Options{Crons: []string{"* * * * *"}})
	if !strings.Contains(a.log.String(), "the crons have no effect") {
		t.Errorf("crons without a handler cause a warning; got %s", a.log.String())
	}
}
