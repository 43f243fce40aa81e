package admin_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
)

// drain returns the option Drain of a server that f has when it is called.
func drain(f **fixture) func(admin.DrainRequest) error {
	return func(r admin.DrainRequest) error {
		_, err := (*f).StartDrain(context.Background(), linger.DrainOptions{Delay: time.Duration(*r.Delay * float64(time.Second)), Share: 1})
		return err
	}
}

// TestReadyzDuringDrain checks that the server is not ready before any connection is closed.
func TestReadyzDuringDrain(t *testing.T) {
	var f *fixture
	f = start(t, func(_ *linger.Options, o *admin.Options) {
		o.Drain, o.CancelDrain = drain(&f), func() error { f.CancelDrain(); return nil }
	})
	c := f.client("/")
	if got := f.wantStatus(http.StatusOK, http.MethodGet, "/readyz", ""); got != `{"state":"ready","reasons":[]}`+"\n" {
		t.Errorf("a server without a drain is ready; got %s", got)
	}
	if got := f.wantStatus(http.StatusOK, http.MethodGet, "/v1/drain", ""); got != `{"drain":null}`+"\n" {
		t.Errorf("there was no drain; got %s", got)
	}
	f.wantStatus(http.StatusOK, http.MethodPost, "/v1/drain", `{"delay":3600}`, "Content-Type: application/json")
	if got := f.wantStatus(http.StatusServiceUnavailable, http.MethodGet, "/readyz", ""); !strings.Contains(got, `"draining"`) {
		t.Errorf("a server that drains is not ready, and says why; got %s", got)
	}
	f.wantStatus(http.StatusOK, http.MethodGet, "/livez", "")
	status := get[admin.Status](f, "/v1/status")
	if status.State != "draining" || status.Drain == nil || status.Drain.State != "waiting" || status.Drain.Delay != 3600 || status.Connections != 1 {
		t.Errorf("the drain waits, and the connection is open; got %+v, %+v", status, status.Drain)
	}
	c.send("still open")
	c.want("text still open")
	f.wantError(http.StatusConflict, "draining", http.MethodPost, "/v1/drain", `{"delay":1}`)
	f.wantStatus(http.StatusOK, http.MethodDelete, "/v1/drain", "")
	f.wantStatus(http.StatusOK, http.MethodGet, "/readyz", "")
}

func TestReadyzWhileWorkersBackOff(t *testing.T) {
	workers := []admin.Worker{{State: "running", Generation: 4}, {Worker: 1, State: "backing off", Reason: "it ended 5 times", Generation: 5}}
	var only atomic.Bool // the second worker is the only one
	f := start(t, func(_ *linger.Options, o *admin.Options) {
		o.Workers = func() []admin.Worker {
			if only.Load() {
				return workers[1:]
			}
			return workers
		}
	})
	f.wantStatus(http.StatusOK, http.MethodGet, "/readyz", "")
	if got := get[admin.Status](f, "/v1/status"); got.Generation != 5 {
		t.Errorf("the generation is the newest of the workers; got %d", got.Generation)
	}
	if got := get[struct{ Workers []admin.Worker }](f, "/v1/workers"); len(got.Workers) != 2 || got.Workers[1] != workers[1] {
		t.Errorf("the workers are listed; got %+v", got)
	}
	only.Store(true)
	if got := f.wantStatus(http.StatusServiceUnavailable, http.MethodGet, "/readyz", ""); !strings.Contains(got, "it ended 5 times") {
		t.Errorf("without a worker the server is not ready, and says why; got %s", got)
	}
}

func TestReload(t *testing.T) {
	var failure error
	f := start(t, func(_ *linger.Options, o *admin.Options) {
		o.Reload = func(context.Context) (any, error) { return map[string]int{"changed": 2}, failure }
	})
	if got := f.wantStatus(http.StatusOK, http.MethodPost, "/v1/reload", ""); got != `{"changed":2}`+"\n" {
		t.Errorf("the answer is the report; got %s", got)
	}
	failure = errors.New(`linger.toml:3: unknown key "maxx"`)
	f.wantError(http.StatusUnprocessableEntity, "reload_failed", http.MethodPost, "/v1/reload", "")
}

func TestLogLevel(t *testing.T) {
	level := new(slog.LevelVar)
	f := start(t, func(_ *linger.Options, o *admin.Options) { o.LogLevel = level })
	if got := f.wantStatus(http.StatusOK, http.MethodPut, "/v1/log", `{"level":"debug"}`); got != `{"level":"debug"}`+"\n" || level.Level() != slog.LevelDebug {
		t.Errorf("the level is debug now; got %s and %v", got, level)
	}
	if got := f.wantStatus(http.StatusOK, http.MethodGet, "/v1/log", ""); got != `{"level":"debug"}`+"\n" {
		t.Errorf("the level is reported; got %s", got)
	}
	f.wantError(http.StatusBadRequest, "bad_level", http.MethodPut, "/v1/log", `{"level":"loud"}`)
	f.wantError(http.StatusBadRequest, "bad_level", http.MethodPut, "/v1/log", "")
	f.wantError(http.StatusBadRequest, "bad_json", http.MethodPut, "/v1/log", `{"level":"info","more":1}`)
	f.wantError(http.StatusBadRequest, "bad_json", http.MethodPut, "/v1/log", `{"level":"info"}{}`)
	f.wantError(http.StatusUnsupportedMediaType, "bad_content_type", http.MethodPut, "/v1/log", `level=info`, "Content-Type: text/plain")
	f.wantError(http.StatusRequestEntityTooLarge, "too_large", http.MethodPut, "/v1/log", strings.Repeat(" ", 65<<10))
	if level.Level() != slog.LevelDebug {
		t.Errorf("a wrong request changes nothing; the level is %v", level)
	}
}

func TestWhatIsNotAvailable(t *testing.T) {
	f := start(t, nil)
	for _, request := range []string{"POST /v1/drain", "DELETE /v1/drain", "POST /v1/reload", "GET /v1/log", "PUT /v1/log"} {
		method, path, _ := strings.Cut(request, " ")
		f.wantError(http.StatusNotImplemented, "not_available", method, path, "")
	}
	for _, path := range []string{"/", "/metrics", "/debug/pprof/", "/v2/status", "/@connections/", "/@connections/a/b"} {
		f.wantError(http.StatusNotFound, "not_found", http.MethodGet, path, "")
	}
	f.wantError(http.StatusMethodNotAllowed, "method_not_allowed", http.MethodPost, "/v1/status", "")
	if got := get[struct{ Workers []admin.Worker }](f, "/v1/workers"); got.Workers == nil || len(got.Workers) != 0 {
		t.Errorf("a server without workers has an empty list of them; got %+v", got)
	}
}

func TestMetricsAndProfiles(t *testing.T) {
	f := start(t, func(_ *linger.Options, o *admin.Options) {
		o.Profiles = true
		o.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("metric 1")) })
	})
	if got := f.wantStatus(http.StatusOK, http.MethodGet, "/metrics", ""); got != "metric 1" {
		t.Errorf("the metrics are those of the option; got %s", got)
	}
	if got := f.wantStatus(http.StatusOK, http.MethodGet, "/debug/pprof/goroutine?debug=1", ""); !strings.HasPrefix(got, "goroutine profile:") {
		t.Errorf("there are profiles; got %s", got)
	}
}

func TestTimeline(t *testing.T) {
	f := start(t, nil)
	f.recorder.Started("loaded")
	f.recorder.Reloaded(2, time.Second, nil)
	f.recorder.Reloaded(2, time.Second, errors.New("app.js:1:2: Unexpected token"))
	f.recorder.Replaced(1, "memory", "out of memory")
	for range 3 {
		f.recorder.Failed(admin.Entry{Text: "TypeError: no", At: "app.js:1:2", Connection: "test.x", Worker: 1})
	}
	f.recorder.Replaced(0, "memory", "out of memory")
	got := ""
	for _, e := range get[struct{ Timeline []admin.Entry }](f, "/v1/timeline").Timeline {
		got += fmt.Sprintf("%s %v %d %q; ", e.Kind, e.OK, e.Count, e.Text)
	}
	want := `replacement false 2 "out of memory"; failure false 3 "TypeError: no"; reload false 1 "app.js:1:2: Unexpected token"; reload true 1 ""; start true 1 "loaded"; `
	if got != want {
		t.Errorf("the newest entry is first, and repetitions are counted; want %s; got %s", want, got)
	}
	if got := get[struct{ Failures []admin.Entry }](f, "/v1/failures").Failures; len(got) != 1 || got[0].Connection != "test.x" || got[0].Last.Before(got[0].Time) {
		t.Errorf("the failures are listed alone; got %+v", got)
	}
	f.wantError(http.StatusBadRequest, "bad_parameter", http.MethodGet, "/v1/timeline?limit=501", "")
}

func TestTimelineIsBounded(t *testing.T) {
	f := start(t, nil)
	const many = 1000
	for i := range many {
		f.recorder.Failed(admin.Entry{Text: fmt.Sprint("failure ", i, strings.Repeat("é", 10_000))})
	}
	got := get[struct{ Timeline []admin.Entry }](f, "/v1/timeline?limit=500").Timeline
	if len(got) != 500 || !strings.HasPrefix(got[0].Text, "failure 999") || !strings.HasPrefix(got[499].Text, "failure 500") {
		t.Errorf("the last 500 entries are kept; got %d", len(got))
	}
	if n := len(got[0].Text); n > 4096 || !strings.HasSuffix(got[0].Text, "é") {
		t.Errorf("a text is cut between characters; it has %d bytes", n)
	}
	if got := get[struct{ Failures []admin.Entry }](f, "/v1/failures?limit=100").Failures; len(got) != 100 {
		t.Errorf("the last 100 failures are kept; got %d", len(got))
	}
}
