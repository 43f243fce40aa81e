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

func TestReloaderSignalsDuringReloadCauseOneMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signals, begun, finish := make(chan os.Signal, 1), 0, make(chan struct{})
		loading := false
		r := &reloader{files: noFiles, signals: signals, closed: make(chan struct{}), load: func() (reloadReport, error) {
			if loading {
				t.Error("reloads must not overlap")
			}
			loading, begun = true, begun+1
			<-finish
			loading = false
			return reloadReport{}, nil
		}}
		go r.loop()
		for range 5 {
			trySend(signals, os.Interrupt)
			synctest.Wait()
		}
		for _, want := range []int{1, 2} {
			if begun != want {
				t.Errorf("%d reloads must have begun; got %d", want, begun)
			}
			finish <- struct{}{}
			synctest.Wait()
		}
		if begun != 2 {
			t.Errorf("the signals during a reload must cause one more; got %d", begun-1)
		}
		r.close()
	})
}

func TestReloaderReloadLogsLoadErrors(t *testing.T) {
	for err, want := range map[error]bool{nil: false, worker.ErrStopped: false, errors.New("app.js:1:2: broken"): true} {
		var out bytes.Buffer
		r := &reloader{files: noFiles, log: slog.New(slog.NewTextHandler(&out, nil)), load: func() (reloadReport, error) { return reloadReport{}, err }}
		_, _ = r.reload()
		if got := strings.Contains(out.String(), "app.js:1:2: broken"); got != want {
			t.Errorf("whether the error %v of a reload is logged: want %v; got %q", err, want, out.String())
		}
	}
}

func TestFilesToFix(t *testing.T) {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	got := filesToFix(&worker.LoadError{Problems: []worker.Problem{
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
		t.Errorf("the files that may fix the error are %q; got %q", want, got)
	}
	if got := filesToFix(errors.New("another error")); got != nil {
		t.Errorf("there are no files for an error that is not a LoadError; got %q", got)
	}
}

func noFiles() []string { return nil }
