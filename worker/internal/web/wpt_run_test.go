package web_test

import (
	"encoding/json"
	"errors"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web"
)

// wptSet is a folder with web-platform-tests.
type wptSet string

// ownWPT has tests that the set lacks although it has their data, in folders of the same names.
const ownWPT = "testdata/wpt/own"

// read returns the content of a file, by its path from the root of the set.
func (s wptSet) read(name string) ([]byte, error) {
	if name == "resources/WebIDLParser.js" { // the name under which the server of web-platform-tests serves it
		name = "resources/webidl2/lib/webidl2.js"
	}
	if content, err := os.ReadFile(filepath.Join(ownWPT, filepath.FromSlash(name))); err == nil {
		return content, nil
	}
	return os.ReadFile(filepath.Join(string(s), filepath.FromSlash(name)))
}

// wptMeta is what the comments at the beginning of a test file contain ("// META: script=...").
type wptMeta struct {
	scripts  []string // paths from the root of the set
	variants []string // "" if there are none
}

var wptMetaLine = regexp.MustCompile(`(?m)^//\s*META:\s*(\w+)=(.*?)\s*$`)

func parseWPTMeta(file string, source []byte) (m wptMeta) {
	for _, line := range wptMetaLine.FindAllSubmatch(source, -1) {
		switch value := string(line[2]); string(line[1]) {
		case "script":
			if !strings.HasPrefix(value, "/") {
				value = path.Join(path.Dir(file), value)
			}
			m.scripts = append(m.scripts, strings.TrimPrefix(value, "/"))
		case "variant":
			m.variants = append(m.variants, value)
		}
	}
	if len(m.variants) == 0 {
		m.variants = []string{""}
	}
	return m
}

// wptResult is the result of one test of a file.
type wptResult struct {
	Name    string `json:"name"`
	Status  int    `json:"status"` // 0 is a pass
	Message string `json:"message"`
}

// wptReport is what a run of a file reports.
type wptReport struct {
	Harness struct {
		Status  int    `json:"status"`
		Message string `json:"message"`
	} `json:"harness"`
	Tests []wptResult `json:"tests"`
}

// wptFileTest is the name under which the failure of a whole file is listed: it could not be run, or an exception was not
// caught.
const wptFileTest = "(file)"

// results returns the results of all tests, and one for the file if it has failed.
func (r wptReport) results() []wptResult {
	if r.Harness.Status == 0 {
		return r.Tests
	}
	return append(slices.Clip(r.Tests), wptResult{wptFileTest, r.Harness.Status, r.Harness.Message})
}

// wptTime bounds the time in which a file must be complete: on its clock, which skips the time until the next timer, and
// in real time.
const (
	wptTime     = 2 * time.Minute
	wptRealTime = 4 * time.Minute
)

// wptRun is a run of one file in a new runtime. Its clock is that of the system, but does not wait for timers: it skips the
// time until the next one is due.
type wptRun struct {
	set      wptSet
	rt       *engine.Runtime
	realm    *web.Realm
	realTime bool // wait for timers
	skipped  time.Duration
	timers   []timer
	uncaught string // the first exception or rejection that was not caught
}

// runWPT runs a variant of a file. An error means that a script could not be run.
func runWPT(t *testing.T, set wptSet, file, variant string, realTime bool) (report wptReport, err error) {
	r := &wptRun{set: set, realTime: realTime}
	r.rt, err = engine.New(engine.Options{OnUnhandled: func(e *engine.Exception) { r.recordUncaught(e) }})
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, r.rt.Close()) }()
	defer time.AfterFunc(wptRealTime, r.rt.Interrupt).Stop()
	prelude, err := withInternals()
	if err != nil {
		return report, err
	}
	if err := r.defineHost(file, variant); err != nil {
		return report, err
	}
	if r.realm, err = prelude.Install(r.rt, r.options()); err != nil {
		return report, err
	}
	if err := r.load(file, variant); err != nil {
		return report, err
	}
	if err := r.runTimers(); err != nil {
		return report, err
	}
	text, err := r.rt.EvalScript("wpt.js", `wptHost.expire(); wptHost.report()`)
	if err != nil {
		return report, err
	}
	if err := json.Unmarshal([]byte(text.String()), &report); err != nil {
		t.Fatal(err)
	}
	allowed, err := r.rt.EvalScript("wpt.js", `wptHost.allowsUncaught`)
	if err != nil {
		return report, err
	}
	if report.Harness.Status == 0 && r.uncaught != "" && !allowed.Bool() {
		report.Harness.Status, report.Harness.Message = 1, "not caught: "+r.uncaught
	}
	return report, nil
}

// load runs the scripts of a file. An exception of a script of the set is not an error: as in a browser, the others are
// run nevertheless.
func (r *wptRun) load(file, variant string) error {
	source, err := r.set.read(file)
	if err != nil {
		return err
	}
	harness, err := compiledWPTHarness(r.set)
	if err != nil {
		return err
	}
	for _, code := range harness {
		if _, err := r.rt.Run(code); err != nil {
			return err
		}
	}
	if _, err := r.rt.EvalScript("wpt.js", `wptHost.begin()`); err != nil {
		return err
	}
	for _, script := range parseWPTMeta(file, source).scripts {
		text, err := r.set.read(script)
		if err != nil {
			return err
		}
		if err := r.runScript(script, text); err != nil {
			return err
		}
	}
	if err := r.runScript(file, source); err != nil {
		return err
	}
	return r.runScript("wpt.js", []byte(`wptHost.loaded()`))
}

func (r *wptRun) runScript(name string, source []byte) error {
	_, err := r.rt.EvalScript(name, string(source)+"\n;undefined")
	return r.uncaughtOf(err)
}

// uncaughtOf records an error that is an exception of the script, and returns any other.
func (r *wptRun) uncaughtOf(err error) error {
	var thrown *engine.Exception
	if errors.As(err, &thrown) {
		r.recordUncaught(thrown)
		return nil
	}
	return err
}

func (r *wptRun) recordUncaught(e *engine.Exception) {
	if r.uncaught == "" {
		r.uncaught = e.Error()
	}
}

// compiledWPTHarness returns support.js and testharness.js.
func compiledWPTHarness(set wptSet) ([]engine.Bytecode, error) {
	wptHarness.once.Do(func() {
		for _, load := range []func() ([]byte, error){
			func() ([]byte, error) { return os.ReadFile("testdata/wpt/support.js") },
			func() ([]byte, error) { return set.read("resources/testharness.js") },
		} {
			source, err := load()
			if err == nil {
				var code engine.Bytecode
				code, err = engine.Compile("testharness.js", string(source)+"\n;undefined")
				wptHarness.code = append(wptHarness.code, code)
			}
			wptHarness.err = errors.Join(wptHarness.err, err)
		}
	})
	return wptHarness.code, wptHarness.err
}

var wptHarness struct {
	once sync.Once
	code []engine.Bytecode
	err  error
}

// defineHost defines wptHost, which support.js describes. The globals of the prelude hide the functions of Go, so it must be
// called before they are installed.
func (r *wptRun) defineHost(file, variant string) error {
	for name, fn := range map[string]engine.HostFunc{
		"wptRead": func(args []engine.Value) (engine.Value, error) {
			content, err := r.set.read(path.Clean(args[0].String()))
			if err != nil {
				return engine.Null(), nil
			}
			return engine.Bytes(content), nil
		},
		"wptCollect": func([]engine.Value) (engine.Value, error) {
			r.rt.CollectGarbage()
			return engine.Undefined(), nil
		},
	} {
		if err := r.rt.Define(name, fn); err != nil {
			return err
		}
	}
	place, err := json.Marshal(map[string]string{"path": "/" + file, "search": variant})
	if err != nil {
		return err
	}
	_, err = r.rt.EvalScript("wpt.js", `globalThis.wptHost = `+string(place)+`;
		wptHost.read = __host.wptRead; wptHost.collect = __host.wptCollect; undefined`)
	return err
}

func (r *wptRun) now() time.Time { return time.Now().Add(r.skipped) }

func (r *wptRun) options() web.Options {
	return web.Options{
		Now: r.now,
		SetTimer: func(id int, delay time.Duration, repeat bool) {
			next := timer{id: id, due: r.now().Add(delay)}
			if repeat {
				next.period = delay
			}
			r.timers = append(r.timers, next)
		},
		ClearTimer: func(id int) {
			r.timers = slices.DeleteFunc(r.timers, func(t timer) bool { return t.id == id })
		},
	}
}

// runTimers fires timers until all tests are complete, there are no timers any more, or the time of the file has passed.
func (r *wptRun) runTimers() error {
	end := r.now().Add(wptTime)
	for {
		finished, err := r.rt.EvalScript("wpt.js", `wptHost.isFinished()`)
		if err != nil || finished.Bool() || len(r.timers) == 0 {
			return err
		}
		next := slices.MinFunc(r.timers, func(a, b timer) int {
			if c := a.due.Compare(b.due); c != 0 {
				return c
			}
			return a.id - b.id
		})
		if next.due.After(end) {
			return nil
		}
		r.timers = slices.DeleteFunc(r.timers, func(t timer) bool { return t.id == next.id })
		r.waitFor(next.due)
		if next.period > 0 {
			r.timers = append(r.timers, timer{next.id, next.due.Add(next.period), next.period})
		}
		if err := r.uncaughtOf(r.realm.FireTimer(next.id)); err != nil {
			return err
		}
	}
}

func (r *wptRun) waitFor(due time.Time) {
	switch wait := due.Sub(r.now()); {
	case wait <= 0:
	case r.realTime:
		time.Sleep(wait)
	default:
		r.skipped += wait
	}
}
