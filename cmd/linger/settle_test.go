package main

import (
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestReloadWaitsForFilesThatAreBeingWritten(t *testing.T) {
	for name, c := range map[string]struct {
		write func(t *testing.T, path string) // goes on while the reload waits
		want  time.Duration                   // how long that is
	}{
		"a file that rests": {func(*testing.T, string) {}, 0},
		"a file that has just been written": {func(t *testing.T, path string) {
			writeAt(t, path, "new")
		}, settleTime},
		"a file that is written in steps": {func(t *testing.T, path string) {
			for range 30 {
				writeAt(t, path, "a part")
				time.Sleep(settleTime / 2)
			}
		}, 30*settleTime/2 + settleTime/2},
		"a file that is truncated, and written later": {func(t *testing.T, path string) {
			writeAt(t, path, "")
			time.Sleep(1500 * time.Millisecond)
			writeAt(t, path, "whole")
		}, 1500*time.Millisecond + settleTime},
		"a file that stays empty": {func(t *testing.T, path string) {
			writeAt(t, path, "")
		}, longestWriting},
		"a file that is written all the time": {func(t *testing.T, path string) {
			for range 1000 {
				writeAt(t, path, "a part")
				time.Sleep(settleTime / 2)
			}
		}, longestWriting},
		"a file that is gone": {func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Error(err)
			}
		}, 0},
		"a file of the future": {func(t *testing.T, path string) {
			if err := os.Chtimes(path, time.Now().Add(time.Hour), time.Now().Add(time.Hour)); err != nil {
				t.Error(err)
			}
		}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			path := t.TempDir() + "/app.js"
			synctest.Test(t, func(t *testing.T) {
				writeAt(t, path, "old")
				time.Sleep(time.Hour)
				r := &reloader{files: func() []string { return []string{path} }, stop: make(chan struct{})}
				r.noteFilled()
				written := make(chan struct{})
				go func() {
					defer close(written)
					c.write(t, path)
				}()
				synctest.Wait()
				began := time.Now()
				if !r.settle() {
					t.Error("the reload goes on")
				}
				if spent := time.Since(began); spent < c.want || spent > c.want+settleTime/5 {
					t.Errorf("it waits %v; it was %v", c.want, spent)
				}
				<-written
			})
		})
	}
}

func TestReloadThatWaitsEndsWithTheReloader(t *testing.T) {
	path := t.TempDir() + "/app.js"
	synctest.Test(t, func(t *testing.T) {
		writeAt(t, path, "new")
		r := &reloader{files: func() []string { return []string{path} }, stop: make(chan struct{})}
		close(r.stop)
		if r.settle() {
			t.Error("a reloader that is closed does not go on")
		}
	})
}

// writeAt puts a file in place that was written at the time of the test's clock.
func writeAt(t *testing.T, path, text string) {
	t.Helper()
	fresh := path + ".new" // the time of a file in place would be that of the real clock for a moment
	if err := os.WriteFile(fresh, []byte(text), 0o600); err != nil {
		t.Error(err)
	}
	if err := os.Chtimes(fresh, time.Now(), time.Now()); err != nil {
		t.Error(err)
	}
	if err := os.Rename(fresh, path); err != nil {
		t.Error(err)
	}
}
