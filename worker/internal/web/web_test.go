package web_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web"
)

// TestConformance runs the cases in testdata, which are written in JavaScript, as subtests.
func TestConformance(t *testing.T) {
	files, err := filepath.Glob("testdata/*.js")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if filepath.Base(file) == "harness.js" {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) { runCases(t, file) })
	}
}

// runCases runs the cases of a file.
func runCases(t *testing.T, file string) {
	p := newPage(t)
	p.evalFile(t, "testdata/harness.js")
	p.evalFile(t, file)
	names := p.eval(t, "names()").List()
	if len(names) == 0 {
		t.Fatal("the file has no cases")
	}
	for i, name := range names {
		t.Run(name.String(), func(t *testing.T) {
			p.eval(t, fmt.Sprintf("start(%d)", i))
			result := p.eval(t, fmt.Sprintf("result(%d)", i))
			for result.Kind() == engine.KindUndefined && p.fireNext(t) {
				result = p.eval(t, fmt.Sprintf("result(%d)", i))
			}
			if result.Kind() == engine.KindUndefined {
				t.Fatal("the case has not completed")
			}
			if result.String() != "" {
				t.Error(result.String())
			}
		})
	}
}

// page is a runtime with the globals, a clock that only advances to the next timer, and a record of the calls of Options.
type page struct {
	rt        *engine.Runtime
	realm     *web.Realm
	now       time.Time
	timers    []timer
	delays    []engine.Value // of all timers, in milliseconds
	lines     []engine.Value // of the console
	published []web.Message
	channels  []string // the channels of published
	unhandled []*engine.Exception
}

// timer is a timer that has not fired; period is 0 unless it is repeated.
type timer struct {
	id     int
	due    time.Time
	period time.Duration
}

// internals are modules that make functions for the worker's own modules available to the cases.
var internals = fstest.MapFS{"index.js": {Data: []byte(`
	import { serialize, deserialize } from "web/clone.js";
	import { begin, capture, current, enter, resume } from "web/context.js";
	import { isLoaded, lazy } from "web/lazy.js";
	import { nodeModule } from "web/node.js";
	import { Owner } from "web/owner.js";
	import { setReporter } from "web/report.js";
	import { makeRequest } from "web/request.js";
	import { makeResponse, takeParts } from "web/response.js";
	import { expose } from "./lib/expose.js";
	globalThis.internal = { Owner, begin, capture, current, enter, resume, isLoaded, lazy, serialize, deserialize, setReporter, makeRequest, makeResponse, takeParts, nodeModule };
	expose("serialize", (code) => serialize((0, eval)("(" + code + ")")));
	expose("deserialize", deserialize);
`)}, "lib/expose.js": {Data: []byte(`export { expose } from "web/host.js";`)}}

var withInternals = sync.OnceValues(func() (*web.Prelude, error) { return web.NewPrelude(internals) })

func newPage(t testing.TB) *page {
	t.Helper()
	p := &page{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	rt, err := engine.New(engine.Options{OnUnhandled: func(e *engine.Exception) { p.unhandled = append(p.unhandled, e) }})
	if err != nil {
		t.Fatal(err)
	}
	p.rt = rt
	t.Cleanup(func() {
		if err := rt.Close(); err != nil {
			t.Errorf("the runtime must close: %v", err)
		}
	})
	p.defineRecords(t)
	prelude, err := withInternals()
	if err != nil {
		t.Fatal(err)
	}
	p.realm, err = prelude.Install(rt, p.options())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// defineRecords defines global functions with which the cases read the record.
func (p *page) defineRecords(t testing.TB) {
	records := map[string]func() []engine.Value{
		"lines":     func() []engine.Value { return p.lines },
		"delays":    func() []engine.Value { return p.delays },
		"published": p.publishedTexts,
	}
	for name, record := range records {
		list := func([]engine.Value) (engine.Value, error) { return engine.List(slices.Clone(record())...), nil }
		if err := p.rt.Define(name, list); err != nil {
			t.Fatal(err)
		}
		p.eval(t, fmt.Sprintf("globalThis.%s = __host.%s", name, name))
	}
	collect := func([]engine.Value) (engine.Value, error) {
		p.rt.CollectGarbage()
		return engine.Int(int(p.rt.Memory().Used)), nil
	}
	if err := p.rt.Define("collect", collect); err != nil {
		t.Fatal(err)
	}
	p.eval(t, "globalThis.collect = __host.collect")
}

func (p *page) publishedTexts() []engine.Value {
	var list []engine.Value
	for i, m := range p.published {
		text := m.Text
		if m.Kind == web.BytesMessage {
			text = fmt.Sprintf("%x", m.Bytes)
		}
		list = append(list, engine.String(fmt.Sprintf("%s %s %s", p.channels[i], m.Kind, text)))
	}
	return list
}

var levelNames = []string{"debug", "log", "info", "warn", "error"}

func (p *page) options() web.Options {
	return web.Options{
		Now: func() time.Time { return p.now },
		Console: func(level web.Level, text string) {
			p.lines = append(p.lines, engine.String(levelNames[level]+" "+text))
		},
		SetTimer: func(id int, delay time.Duration, repeat bool) {
			p.delays = append(p.delays, engine.Int(int(delay/time.Millisecond)))
			next := timer{id: id, due: p.now.Add(delay)}
			if repeat {
				next.period = delay
			}
			p.timers = append(p.timers, next)
		},
		ClearTimer: func(id int) {
			p.timers = slices.DeleteFunc(p.timers, func(t timer) bool { return t.id == id })
		},
		Publish: func(channel string, m web.Message) {
			p.channels = append(p.channels, channel)
			p.published = append(p.published, m)
		},
	}
}

// fireNext advances the clock to the next timer and fires it. It reports false if there is no timer.
func (p *page) fireNext(t testing.TB) bool {
	if len(p.timers) == 0 {
		return false
	}
	next := slices.MinFunc(p.timers, func(a, b timer) int {
		if c := a.due.Compare(b.due); c != 0 {
			return c
		}
		return a.id - b.id
	})
	p.timers = slices.DeleteFunc(p.timers, func(t timer) bool { return t.id == next.id })
	p.now = next.due
	if next.period > 0 {
		p.timers = append(p.timers, timer{next.id, next.due.Add(next.period), next.period})
	}
	var thrown *engine.Exception
	if err := p.realm.FireTimer(next.id); err != nil && !errors.As(err, &thrown) {
		t.Fatal(err)
	}
	return true
}

func (p *page) evalFile(t testing.TB, file string) {
	t.Helper()
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.rt.EvalScript(file, string(source)+"\n;undefined"); err != nil {
		t.Fatalf("%s must load: %v", file, err)
	}
}

func (p *page) eval(t testing.TB, source string) engine.Value {
	t.Helper()
	v, err := p.rt.EvalScript("test.js", source)
	if err != nil {
		t.Fatalf("%s must run: %v", source, err)
	}
	return v
}
