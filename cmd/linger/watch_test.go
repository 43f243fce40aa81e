package main

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fsnotify/fsnotify"
)

// reportsChange reports whether a watcher reports a change before the time has passed.
func reportsChange(w *watcher, within time.Duration) bool {
	select {
	case <-w.changed:
		return true
	case <-time.After(within):
		return false
	}
}

// workFolder is a folder whose files a test changes.
type workFolder struct {
	t   *testing.T
	dir string
}

func newWorkFolder(t *testing.T) workFolder {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return workFolder{t, dir}
}

func (d workFolder) path(name string) string { return filepath.Join(d.dir, name) }

func (d workFolder) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// put writes a file, creates its folder, and returns its path.
func (d workFolder) put(name, text string) string {
	d.t.Helper()
	d.must(os.MkdirAll(filepath.Dir(d.path(name)), 0o700))
	d.must(os.WriteFile(d.path(name), []byte(text), 0o600))
	return d.path(name)
}

func (d workFolder) watch(files ...string) *watcher {
	d.t.Helper()
	w, err := watch(files)
	d.must(err)
	d.t.Cleanup(w.close)
	return w
}

// wantReport fails the test if the watcher does not report a change.
func (d workFolder) wantReport(w *watcher, what string) {
	d.t.Helper()
	if !reportsChange(w, testTimeout) {
		d.t.Fatal(what + " must be reported; it was not")
	}
}

// wantNoReport fails the test if the watcher reports a change within three times settleTime.
func (d workFolder) wantNoReport(w *watcher, what string) {
	d.t.Helper()
	if reportsChange(w, 3*settleTime) {
		d.t.Error(what + " must not be reported; it was")
	}
}

func TestWatcherReportsOnlyItsFiles(t *testing.T) {
	d := newWorkFolder(t)
	app, other := d.put("app.js", "1"), d.put("other.js", "1")
	w := d.watch(app)
	d.put("other.js", "2")
	d.wantNoReport(w, "another file")
	for range 5 { // some editors write in several steps
		d.put("app.js", "2")
	}
	d.wantReport(w, "a file that is written in steps")
	d.wantNoReport(w, "a step of a change that has been reported")
	d.must(os.Rename(d.put("new.js", "3"), app))
	d.wantReport(w, "a file that replaces another")
	d.must(os.Remove(app))
	d.wantReport(w, "a file that is removed")
	d.put("app.js", "4")
	d.wantReport(w, "a file that is created again")
	d.must(w.setFiles([]string{other}, false))
	d.put("app.js", "5")
	d.wantNoReport(w, "a file that is not watched any more")
}

func TestWatcherAnyModuleReportsEveryModule(t *testing.T) {
	d := newWorkFolder(t)
	w := d.watch(d.put("app.js", "1"))
	d.must(w.setFiles([]string{d.path("app.js"), d.path("lib/missing")}, true))
	d.put("server.log", "application not reloaded")
	d.wantNoReport(w, "the log")
	d.put("other.ts", "1")
	d.wantReport(w, "a module that is not one of the files")
	d.put("lib/missing.mjs", "1")
	d.wantReport(w, "the creation of a missing folder")
	d.put("lib/missing.mjs", "2")
	d.wantReport(w, "a module in the folder that was missing")
}

func TestWatcherWatchesRecreatedFolders(t *testing.T) {
	for name, vanish := range map[string]func(string) error{
		"removed": os.RemoveAll,
		"renamed": func(dir string) error { return os.Rename(dir, dir+".old") },
	} {
		t.Run(name, func(t *testing.T) {
			d := newWorkFolder(t)
			app, module := d.put("src/app.js", "1"), d.put("src/lib/deep/module.js", "1")
			w := d.watch(app, module)
			for range 2 {
				d.must(vanish(d.path("src/lib")))
				d.wantReport(w, "a folder that is "+name)
				d.put("src/lib/deep/module.js", "2")
				d.wantReport(w, "a folder that is created again")
				d.put("src/lib/deep/module.js", "3")
				d.wantReport(w, "a file in a folder that has been created again")
				d.must(os.RemoveAll(d.path("src/lib.old")))
				for reportsChange(w, 3*settleTime) { // discard the remaining reports of this iteration
				}
			}
		})
	}
}

func TestWatcherSetFilesAfterCloseFails(t *testing.T) {
	d := newWorkFolder(t)
	w := d.watch(d.put("app.js", "1"))
	w.close()
	if err := w.setFiles([]string{d.path("app.js")}, false); err == nil {
		t.Error("setFiles on a closed watcher must fail; it did not")
	}
}

func TestWatcherReportsContinuousChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		events := make(chan fsnotify.Event)
		w := &watcher{notify: &fsnotify.Watcher{Events: events}, changed: make(chan struct{}, 1), anyModule: true}
		go w.loop()
		defer close(events)
		for range 10 {
			began := time.Now()
			for len(w.changed) == 0 && time.Since(began) < testTimeout {
				events <- fsnotify.Event{Name: "app.js", Op: fsnotify.Write}
				time.Sleep(settleTime / 2)
				synctest.Wait()
			}
			if spent := time.Since(began); spent < maxSettleTime || spent > maxSettleTime+2*settleTime {
				t.Fatalf("continuous changes must be reported after %v; it was %v", maxSettleTime, spent)
			}
			<-w.changed
		}
		events <- fsnotify.Event{Name: "app.js", Op: fsnotify.Create}
		began := time.Now()
		<-w.changed
		if spent := time.Since(began); spent != settleTime {
			t.Errorf("a single change must be reported after %v; it was %v", settleTime, spent)
		}
	})
}

func TestWatcherIgnoresChangeOfAttributes(t *testing.T) {
	w := &watcher{files: []string{"app.js"}}
	if w.isRelevant(fsnotify.Event{Name: "app.js", Op: fsnotify.Chmod}) {
		t.Error("a change of attributes must not be reported")
	}
}
