// Package apptest runs the tests of an application: modules that import linger:test. Each of these files runs in an embedded engine of its own,
// next to an application that is loaded for it and serves a port of the loopback interface.
package apptest

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/lingerws/linger/worker"
)

// Options configure the run of a file.
type Options struct {
	// Load loads the application. The run shuts it down.
	Load func() (*worker.App, error)

	Vars    map[string]any // the variables of the application, which the tests also find in env
	Timeout time.Duration  // bounds each test, and each of its hooks
	Filter  *regexp.Regexp // selects tests by their names; nil means all

	// Begin is called with the file before its tests run, and Report with the result of each.
	Begin  func(file string)
	Report func(Result)

	Logger  *slog.Logger                        // for what fails outside of the tests of the file
	Console func(level slog.Level, text string) // gets the console output of the tests
}

// Result is the result of a test.
type Result struct {
	Name    string
	Skipped bool
	Failure string // the error, with positions in the sources; "" if the test has passed
	Took    time.Duration
}

// ErrOutside is returned if code of the file has failed outside of its tests. Options.Logger has the error.
var ErrOutside = errors.New("an error was not part of a test: see the log")

// slack is the time that a test which computes has beyond Options.Timeout. One that waits fails at Timeout, with a better message.
const slack = 2 * time.Second

// shutdownTimeout bounds the end of the application and of its connections.
const shutdownTimeout = 5 * time.Second

// file is a file of tests that is loaded, and its application.
type file struct {
	opts    Options
	tests   *worker.App
	app     *served
	records *records
}

// Run runs the tests of a file. The error is a *[worker.LoadError] if the file or the application cannot be loaded; failures of tests are
// reported only. It returns early if ctx ends.
func Run(ctx context.Context, path string, opts Options) error {
	app, err := opts.Load()
	if err != nil {
		return err
	}
	server, err := serve(app)
	if err != nil {
		return err
	}
	defer server.stop()
	f := &file{opts: opts, app: server, records: &records{}}
	if f.tests, err = f.load(path); err != nil {
		return err
	}
	defer shutdown(f.tests)
	opts.Begin(path)
	if err := f.run(ctx); err != nil {
		return err
	}
	if f.records.failedOutside() {
		return ErrOutside
	}
	return ctx.Err()
}

// load loads the file as an application of its own.
func (f *file) load(path string) (*worker.App, error) {
	vars := maps.Clone(f.opts.Vars)
	if vars == nil {
		vars = map[string]any{}
	}
	vars["LINGER_TEST_URL"] = f.app.url
	vars["LINGER_TEST_CONTROL"] = f.app.url + f.app.control
	vars["LINGER_TEST_TIMEOUT"] = f.opts.Timeout.Milliseconds()
	return worker.Load(path, worker.Options{
		Development:  true, // sends the errors of tests with their positions
		EventTimeout: 2*f.opts.Timeout + slack,
		SlowEvent:    -1,
		Vars:         vars,
		Console:      f.opts.Console,
		Logger:       slog.New(log{f.opts.Logger.Handler(), f.records}),
	})
}

// declared is a test as the file declares it.
type declared struct{ Name, Mode string }

// The modes of tests.
const (
	modeSkip = "skip"
	modeOnly = "only"
)

// run runs the tests of the file that are selected, one after the other.
func (f *file) run(ctx context.Context) error {
	var tests []declared
	status, text := f.request(ctx, "/")
	if err := json.Unmarshal([]byte(text), &tests); err != nil || status != http.StatusOK {
		return errors.New("there are no tests: the file must import { test } from \"linger:test\", and call test(name, function)")
	}
	only := hasOnly(tests)
	for i, t := range tests {
		if f.opts.Filter != nil && !f.opts.Filter.MatchString(t.Name) {
			continue
		}
		result := Result{Name: t.Name, Skipped: t.Mode == modeSkip || only && t.Mode != modeOnly}
		if !result.Skipped {
			began := time.Now()
			result.Failure = f.runTest(ctx, i)
			result.Took = time.Since(began)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		f.opts.Report(result)
	}
	return nil
}

func hasOnly(tests []declared) bool {
	for _, t := range tests {
		if t.Mode == modeOnly {
			return true
		}
	}
	return false
}

// runTest runs a test, and returns its failure, "" for none.
func (f *file) runTest(ctx context.Context, number int) string {
	f.records.takeEnded() // of the last test
	status, text := f.request(ctx, "/?run="+strconv.Itoa(number))
	if status == http.StatusNoContent {
		return ""
	}
	if _, report, ok := strings.Cut(text, "\n\n"); ok {
		return withoutOwnFrames(report)
	}
	return cmp.Or(f.records.takeEnded(), text) // the engine was replaced
}

// withoutOwnFrames removes the frames of linger:test from a report.
func withoutOwnFrames(report string) string {
	var lines []string
	for line := range strings.Lines(report) {
		if frame := strings.TrimSpace(line); !strings.HasPrefix(frame, "at ") || !strings.Contains(frame, "linger:linger:test:") {
			lines = append(lines, line)
		}
	}
	return strings.TrimRight(strings.Join(lines, ""), "\n")
}

// request sends a request to the file.
func (f *file) request(ctx context.Context, target string) (status int, text string) {
	u, err := url.Parse("http://linger.test" + target)
	if err != nil {
		return 0, err.Error()
	}
	r := (&http.Request{
		Method: http.MethodGet, URL: u, Host: u.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{}, Body: http.NoBody, RemoteAddr: "127.0.0.1:1",
	}).WithContext(ctx)
	w := &recorder{header: http.Header{}}
	f.tests.ServeHTTP(w, r)
	return w.status, w.body.String()
}

// recorder is an http.ResponseWriter that keeps the answer.
type recorder struct {
	header http.Header
	status int
	body   strings.Builder
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
}

func (w *recorder) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(p)
}

// shutdown ends an application.
func shutdown(app *worker.App) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTimeout)
	defer cancel()
	_ = app.Shutdown(ctx) // what it cuts off is logged
}
