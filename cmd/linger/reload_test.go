package main

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/worker"
)

func TestChangesDuringAReloadCauseOneMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signals, begun, goOn := make(chan os.Signal, 1), 0, make(chan struct{})
		under := false
		r := &reloader{files: noFiles, signals: signals, stop: make(chan struct{}), load: func() error {
			if under {
				t.Error("reloads do not overlap")
			}
			under, begun = true, begun+1
			<-goOn
			under = false
			return nil
		}}
		go r.run()
		ask := func() {
			select {
			case signals <- os.Interrupt: // whichever
			default:
			}
			synctest.Wait()
		}
		for range 5 {
			ask()
		}
		for _, want := range []int{1, 2} {
			if begun != want {
				t.Errorf("so far %d reloads have begun; got %d", want, begun)
			}
			goOn <- struct{}{}
			synctest.Wait()
		}
		if begun != 2 {
			t.Errorf("all that is asked for during a reload is one more; got %d", begun-1)
		}
		r.close()
	})
}

func TestOnlyWhatSomebodyCanMendIsAnError(t *testing.T) {
	for err, want := range map[error]bool{nil: false, worker.ErrStopped: false, errors.New("app.js:1:2: broken"): true} {
		var out bytes.Buffer
		r := &reloader{files: noFiles, log: slog.New(slog.NewTextHandler(&out, nil)), load: func() error { return err }}
		r.once()
		if got := strings.Contains(out.String(), "app.js:1:2: broken"); got != want {
			t.Errorf("a reload that returns %v is an error in the log: %v; got %q", err, want, out.String())
		}
	}
}

func TestWhatMayMendAnError(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	got := blamed(&worker.LoadError{Problems: []worker.Problem{
		{File: "app.js", Line: 1, Column: 8, Text: `Could not resolve "./lib/part.js"`},
		{File: "lib/other.ts", Line: 1, Column: 8, Text: `Could not resolve "../up"`},
		{File: "/elsewhere/app.js", Text: `Could not resolve "package"`},
		{Text: "the script ran out of memory"},
	}})
	want := []string{
		filepath.Join(dir, "app.js"), filepath.Join(dir, "lib/part.js"),
		filepath.Join(dir, "lib/other.ts"), filepath.Join(dir, "up"),
		"/elsewhere/app.js",
	}
	if !slices.Equal(got, want) {
		t.Errorf("an error is mended by %q; got %q", want, got)
	}
	if got := blamed(errors.New("another error")); got != nil {
		t.Errorf("an error that names no files blames none; got %q", got)
	}
}

func noFiles() []string { return nil }
