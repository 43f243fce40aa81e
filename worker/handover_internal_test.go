package worker

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

// TestHandoverOfSchedules moves the state of one application to another one without a link, because a link has no fake time.
func TestHandoverOfSchedules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "app.js")
		script := `export default { async scheduled({ cron, scheduledTime }) {
			console.log(cron, new Date(scheduledTime).toISOString().slice(11, 16));
			if (cron.startsWith("*/15")) await new Promise((done) => setTimeout(done, 60_000));
		} };`
		if err := os.WriteFile(path, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
		var before, after syncBuffer
		opts := Options{Workers: 1, Crons: []string{"*/10 * * * *", "*/15 * * * *"}, EventTimeout: time.Hour, Logger: slog.New(slog.DiscardHandler)}
		opts.Stdout = &before
		old, err := load(path, opts, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		opts.Stdout, opts.Crons = &after, append(opts.Crons, "*/5 * * * *")
		fresh, err := load(path, opts, nil, true)
		if err != nil {
			t.Fatal(err)
		}
		end := func(a *App) {
			if err := a.Shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(15*time.Minute + 30*time.Second) // the time in a bubble begins at 00:00; the event of 00:15 is in progress
		state := old.appendState(nil)
		time.Sleep(5 * time.Minute) // 00:20 is due meanwhile, and 00:15 of the schedule that is new
		old.resume()                // a hand-over that has failed
		time.Sleep(time.Minute)
		if want := "*/10 * * * * 00:10\n*/15 * * * * 00:15\n*/10 * * * * 00:20\n"; before.String() != want {
			t.Errorf("after a hand-over that has failed, the application continues with the times that have passed meanwhile: %q; got %q", want, before.String())
		}
		time.Sleep(8 * time.Minute) // 00:29:30
		state = old.appendState(state[:0])
		time.Sleep(time.Minute)
		if _, err := fresh.setState(state); err != nil {
			t.Fatal(err)
		}
		fresh.started()
		old.committed()
		time.Sleep(5 * time.Minute) // 00:35:30
		if want := "*/10 * * * * 00:30\n*/15 * * * * 00:30\n*/5 * * * * 00:35\n"; !sameLines(after.String(), want) {
			t.Errorf("the new application continues with the times that have passed meanwhile: %q; got %q", want, after.String())
		}
		if n := bytes.Count([]byte(before.String()), []byte("\n")); n != 3 {
			t.Errorf("the old application does not continue; got %q", before.String())
		}
		end(old)
		end(fresh)
		time.Sleep(time.Minute)
	})
}

// sameLines reports whether two texts have the same lines, in any order.
func sameLines(a, b string) bool {
	count := map[string]int{}
	for line := range bytes.Lines([]byte(a)) {
		count[string(line)]++
	}
	for line := range bytes.Lines([]byte(b)) {
		count[string(line)]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}
