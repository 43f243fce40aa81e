package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// traceScript fails as its messages ask for.
const traceScript = `
addEventListener('websocketupgrade', (event) => event.accept());
addEventListener('websocketmessage', async (event) => {
	switch (event.data) {
	case 'throw': throw new TypeError('as asked');
	case 'reject': await null; throw new RangeError('late');
	case 'loop': for (;;);
	case 'forgotten': Promise.reject(new Error('unhandled'));
	}
	event.source.send(event.data);
});
addEventListener('fetch', (event) => event.respondWith(new Response('ok')));
`

// calls collects the calls of a trace. The channel has room for more than a test causes.
type calls struct {
	handled  chan string
	failed   chan worker.Failure
	replaced chan string
	reloaded chan string
}

func newCalls() *calls {
	return &calls{make(chan string, 1000), make(chan worker.Failure, 1000), make(chan string, 1000), make(chan string, 1000)}
}

func (c *calls) trace() *worker.Trace {
	return &worker.Trace{
		Handled: func(kind string, waited, duration time.Duration, failed bool) {
			if waited < 0 || duration < 0 || waited > time.Hour || duration > time.Hour {
				kind += fmt.Sprintf(" (waited %v, took %v)", waited, duration)
			}
			c.handled <- fmt.Sprintf("%s %v", kind, failed)
		},
		Failed:   func(f worker.Failure) { c.failed <- f },
		Replaced: func(index int, reason, _ string) { c.replaced <- fmt.Sprintf("%d %s", index, reason) },
		Reloaded: func(generation int, _ time.Duration, err error) {
			c.reloaded <- fmt.Sprintf("%d %v", generation, err != nil)
		},
	}
}

// next returns the next value of a channel.
func next[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(testTimeout):
		t.Fatal("the trace must be called; it was not")
		panic("unreachable")
	}
}

func TestTraceOfEvents(t *testing.T) {
	t.Parallel()
	c := newCalls()
	a := serve(t, traceScript, worker.Options{Trace: c.trace(), EventTimeout: loopTimeout})
	want := func(handled ...string) {
		t.Helper()
		for _, want := range handled {
			if got := next(t, c.handled); got != want {
				t.Errorf("the trace must be called with %q; got %q", want, got)
			}
		}
	}
	want("install false", "activate false")
	client := a.connect()
	want("websocketupgrade false")
	a.get("/", 200, "ok")
	want("fetch false")
	for _, message := range []string{"throw", "reject"} {
		client.send(message)
		want("websocketmessage true")
		f := next(t, c.failed)
		if f.Event != "websocketmessage" || f.Connection == "" || !strings.Contains(f.Text, "Error: ") || !strings.Contains(f.At, "app.js:") {
			t.Errorf("the failure must have its event, connection, text and position; got %+v", f)
		}
	}
	client.send("forgotten")
	want("websocketmessage false")
	if f := next(t, c.failed); f.Event != "" || !strings.Contains(f.Text, "Error: unhandled") {
		t.Errorf("an unhandled rejection must be a failure outside of events; got %+v", f)
	}
	client.send("loop")
	want("websocketmessage true")
	if f := next(t, c.failed); f.Event != "websocketmessage" || !strings.Contains(f.Text, "too long") {
		t.Errorf("an endless loop must be a failure of its event; got %+v", f)
	}
	if got := next(t, c.replaced); got != "0 timeout" {
		t.Errorf("the worker must be replaced because of the timeout; got %q", got)
	}
	client.send("after")
	want("websocketmessage false")
}

func TestTraceOfReloads(t *testing.T) {
	t.Parallel()
	c := newCalls()
	a := serve(t, traceScript, worker.Options{Trace: c.trace()})
	a.reload(traceScript)
	if got := next(t, c.reloaded); got != "2 false" {
		t.Errorf("the reload must be reported with its generation; got %q", got)
	}
	if err := a.rewrite("syntax error"); err == nil {
		t.Error("a version with an error must not be loaded")
	}
	if got := next(t, c.reloaded); got != "2 true" {
		t.Errorf("a reload that fails must be reported with the generation in use; got %q", got)
	}
}

func TestTraces(t *testing.T) {
	t.Parallel()
	if worker.Traces(nil, nil) != nil {
		t.Error("traces that are all nil must be no trace")
	}
	var order []string
	note := func(name string) *worker.Trace {
		return &worker.Trace{
			Handled:  func(string, time.Duration, time.Duration, bool) { order = append(order, name+" handled") },
			Replaced: func(int, string, string) { order = append(order, name+" replaced") },
			Reloaded: func(int, time.Duration, error) { order = append(order, name+" reloaded") },
			Failed:   func(worker.Failure) { order = append(order, name+" failed") },
		}
	}
	for _, joined := range []*worker.Trace{
		worker.Traces(nil, note("first"), &worker.Trace{}, note("second")),
		worker.Traces(&worker.Trace{}, note("first"), nil, note("second")),
	} {
		order = nil
		joined.Handled("", 0, 0, false)
		joined.Replaced(0, "", "")
		joined.Reloaded(0, 0, nil)
		joined.Failed(worker.Failure{})
		want := "first handled, second handled, first replaced, second replaced, first reloaded, second reloaded, first failed, second failed"
		if got := strings.Join(order, ", "); got != want {
			t.Errorf("the traces must be called in order:\n%s\ngot\n%s", want, got)
		}
	}
}
