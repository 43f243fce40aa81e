package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/lingerws/linger/worker"
)

// scheduledPath is the path that dispatches the scheduled event with --test-scheduled, as with wrangler.
const scheduledPath = "/__scheduled"

// testScheduled wraps next so that requests for scheduledPath dispatch the scheduled event, if --test-scheduled is given. The
// parameter cron is the schedule, and time the time in milliseconds, by default the present one.
func (c *runCommand) testScheduled(app *worker.App, next http.Handler) http.Handler {
	if !c.TestScheduled {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != scheduledPath {
			next.ServeHTTP(w, r)
			return
		}
		at := time.Now()
		if text := r.FormValue("time"); text != "" {
			ms, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				http.Error(w, fmt.Sprintf("time is %q: it must be a time in milliseconds, as of Date.now()", text), http.StatusBadRequest)
				return
			}
			at = time.UnixMilli(ms)
		}
		if err := app.Scheduled(r.Context(), r.FormValue("cron"), at); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_, _ = io.WriteString(w, "Ran scheduled event\n")
	})
}
