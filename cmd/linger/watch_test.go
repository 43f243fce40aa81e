package main

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
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

// desk is a folder in which somebody works.
type desk struct {
	t   *testing.T
	dir string
}

func newDesk(t *testing.T) desk {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return desk{t, dir}
}

func (d desk) path(name string) string { return filepath.Join(d.dir, name) }

func (d desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d desk) put(name, text string) string {
	d.t.Helper()
	d.must(os.MkdirAll(filepath.Dir(d.path(name)), 0o700))
	d.must(os.WriteFile(d.path(name), []byte(text), 0o600))
	return d.path(name)
}

func (d desk) watch(files ...string) *watcher {
	d.t.Helper()
	w, err := watch(files)
	d.must(err)
	d.t.Cleanup(w.close)
	return w
}

// tells fails if the watcher does not tell of what has happened.
func (d desk) tells(w *watcher, what string) {
	d.t.Helper()
	if !told(w, patience) {
		d.t.Fatal(what + " is a change; it was not told")
	}
}

func (d desk) ignores(w *watcher, what string) {
	d.t.Helper()
	if told(w, 3*settleTime) {
		d.t.Error(what + " does not matter; it was told")
	}
}

func TestAWatcherTellsOfItsFilesOnly(t *testing.T) {
	d := newDesk(t)
	app, other := d.put("app.js", "1"), d.put("other.js", "1")
	w := d.watch(app)
	d.put("other.js", "2")
	d.ignores(w, "another file")
	for range 5 { // as some editors do
		d.put("app.js", "2")
	}
	d.tells(w, "what is written in steps")
	d.ignores(w, "a part of a change that has been told")
	d.must(os.Rename(d.put("new.js", "3"), app))
	d.tells(w, "a file that takes the place of another")
	d.must(os.Remove(app))
	d.tells(w, "a file that vanishes")
	d.put("app.js", "4")
	d.tells(w, "a file that comes back")
	d.must(w.follow([]string{other}, false))
	d.put("app.js", "5")
	d.ignores(w, "a file that is not followed any more")
}

func TestAWatcherThatIsLooseTellsOfEveryModuleInItsFolders(t *testing.T) {
	d := newDesk(t)
	w := d.watch(d.put("app.js", "1"))
	d.must(w.follow([]string{d.path("app.js"), d.path("lib/missing")}, true))
	d.put("server.log", "application not reloaded")
	d.ignores(w, "the log")
	d.put("whatever.ts", "1")
	d.tells(w, "a module nobody has named")
	d.put("lib/missing.mjs", "1")
	d.tells(w, "a folder that was missing")
	d.put("lib/missing.mjs", "2")
	d.tells(w, "a module in the folder that was missing")
}

func TestFoldersThatVanishAndComeBackAreWatched(t *testing.T) {
	for name, vanish := range map[string]func(string) error{
		"removed": os.RemoveAll,
		"renamed": func(dir string) error { return os.Rename(dir, dir+".old") },
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			app, module := d.put("src/app.js", "1"), d.put("src/lib/deep/module.js", "1")
			w := d.watch(app, module)
			for range 2 {
				d.must(vanish(d.path("src/lib")))
				d.tells(w, "a folder that is "+name)
				d.put("src/lib/deep/module.js", "2")
				d.tells(w, "a folder that comes back")
				d.put("src/lib/deep/module.js", "3")
				d.tells(w, "a file in a folder that has come back")
				d.must(os.RemoveAll(d.path("src/lib.old")))
				for told(w, 3*settleTime) { // what may be left of this round
				}
			}
		})
	}
}

func TestAFolderThatCannotBeWatchedIsTold(t *testing.T) {
	d := newDesk(t)
	w := d.watch(d.put("app.js", "1"))
	w.close()
	if err := w.follow([]string{d.path("app.js")}, false); err == nil {
		t.Error("a watcher that would never tell of anything is an error; there was none")
	}
}

// TestWhoNeverStopsWritingIsToldAllTheSame goes by a clock of its own.
func TestWhoNeverStopsWritingIsToldAllTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan fsnotify.Event)
		w := &watcher{notify: &fsnotify.Watcher{Events: events}, changed: make(chan struct{}, 1), loose: true}
		go w.run()
		defer close(events)
		for range 10 {
			began := time.Now()
			for len(w.changed) == 0 && time.Since(began) < patience {
				events <- fsnotify.Event{Name: "app.js", Op: fsnotify.Write}
				time.Sleep(settleTime / 2)
				synctest.Wait()
			}
			if spent := time.Since(began); spent < longestUnrest || spent > longestUnrest+2*settleTime {
				t.Fatalf("changes that go on are told after %v; it was %v", longestUnrest, spent)
			}
			<-w.changed
		}
		events <- fsnotify.Event{Name: "app.js", Op: fsnotify.Create}
		began := time.Now()
		<-w.changed
		if spent := time.Since(began); spent != settleTime {
			t.Errorf("a single change is told when it has settled, after %v; it was %v", settleTime, spent)
		}
	})
}

func TestATouchIsNoChange(t *testing.T) {
	w := &watcher{files: []string{"app.js"}}
	if w.concerns(fsnotify.Event{Name: "app.js", Op: fsnotify.Chmod}) {
		t.Error("a file whose contents stay is left alone")
	}
}
