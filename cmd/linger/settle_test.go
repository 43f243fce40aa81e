package main

import (
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestReloaderAwaitFiles(t *testing.T) {
	for name, c := range map[string]struct {
		write func(t *testing.T, path string) // runs during the wait
		want  time.Duration                   // expected duration of the wait
	}{
		"a file that is unchanged": {func(*testing.T, string) {}, 0},
		"a file that has just been written": {func(t *testing.T, path string) {
			writeAt(t, path, "new")
		}, settleTime},
		"a file that is written in steps": {func(t *testing.T, path string) {
			for range 30 {
				writeAt(t, path, "a part")
				time.Sleep(settleTime / 2)
			}
		}, 30*settleTime/2 + settleTime/2},
		"a file that is truncated and written later": {func(t *testing.T, path string) {
			writeAt(t, path, "")
			time.Sleep(1500 * time.Millisecond)
			writeAt(t, path, "whole")
		}, 1500*time.Millisecond + settleTime},
		"a file that stays empty": {func(t *testing.T, path string) {
			writeAt(t, path, "")
		}, maxWriteTime},
		"a file that is written all the time": {func(t *testing.T, path string) {
			for range 1000 {
				writeAt(t, path, "a part")
				time.Sleep(settleTime / 2)
			}
		}, maxWriteTime},
		"a file that is removed": {func(t *testing.T, path string) {
			if err := os.Remove(path); err != nil {
				t.Error(err)
			}
		}, 0},
		"a file with a time in the future": {func(t *testing.T, path string) {
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
				r := &reloader{files: func() []string { return []string{path} }, closed: make(chan struct{})}
				r.recordNonEmpty()
				written := make(chan struct{})
				go func() {
					defer close(written)
					c.write(t, path)
				}()
				synctest.Wait()
				began := time.Now()
				if !r.awaitFiles() {
					t.Error("awaitFiles must return true while the reloader is open")
				}
				if spent := time.Since(began); spent < c.want || spent > c.want+settleTime/5 {
					t.Errorf("awaitFiles must wait %v; it was %v", c.want, spent)
				}
				<-written
			})
		})
	}
}

func TestReloaderAwaitFilesReturnsWhenClosed(t *testing.T) {
	path := t.TempDir() + "/app.js"
	synctest.Test(t, func(t *testing.T) {
		writeAt(t, path, "new")
		r := &reloader{files: func() []string { return []string{path} }, closed: make(chan struct{})}
		close(r.closed)
		if r.awaitFiles() {
			t.Error("awaitFiles must return false after close")
		}
	})
}

// writeAt writes a file whose modification time is that of the test's fake clock. It replaces the file, as one that is
// written in place would have the time of the real clock for a moment.
func writeAt(t *testing.T, path, text string) {
	t.Helper()
	fresh := path + ".new"
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
