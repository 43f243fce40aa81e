package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// told tells whether a watcher tells of a change, soon or not at all.
func told(w *watcher, patience time.Duration) bool {
	select {
	case <-w.changed:
		return true
	case <-time.After(patience):
		return false
	}
}

func TestAWatcherTellsOfItsFilesOnly(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	app, other := put("app.js", "1"), put("other.js", "1")
	w, err := watch([]string{app})
	if err != nil {
		t.Fatal(err)
	}
	defer w.close()
	put("other.js", "2")
	if told(w, 3*settleTime) {
		t.Error("another file does not matter")
	}
	for range 5 { // as some editors do
		put("app.js", "2")
	}
	if !told(w, patience) {
		t.Error("a change is told")
	}
	if told(w, 3*settleTime) {
		t.Error("changes that come together are told once")
	}
	if err := os.Rename(put("new.js", "3"), app); err != nil {
		t.Fatal(err)
	}
	if !told(w, patience) {
		t.Error("a file that takes the place of another is a change")
	}
	w.follow([]string{other})
	put("app.js", "4")
	if told(w, 3*settleTime) {
		t.Error("a file that is not followed any more does not matter")
	}
	w.follow(nil)
	put("whatever.js", "1")
	if !told(w, patience) {
		t.Error("where no file is named every file matters")
	}
}
