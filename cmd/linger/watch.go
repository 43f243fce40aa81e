package main

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"
)

const (
	// settleTime is how long files must stay unchanged before a change is reported: editors and build tools write in
	// several steps.
	settleTime = 100 * time.Millisecond

	// maxSettleTime bounds the delay of a report while changes continue.
	maxSettleTime = time.Second
)

// watcher reports changes of files. It watches their folders, because many editors replace a file instead of writing to
// it.
type watcher struct {
	notify  *fsnotify.Watcher
	changed chan struct{} // receives an element after a change; has room for one

	mu        sync.Mutex
	files     []string // absolute paths of the files whose changes are reported
	anyModule bool     // changes of all modules in the watched folders are reported too
}

// watch starts a watcher for files, which are absolute paths.
func watch(files []string) (*watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &watcher{notify: notify, changed: make(chan struct{}, 1)}
	if err := w.setFiles(files, false); err != nil {
		return nil, errors.Join(err, notify.Close())
	}
	go w.loop()
	return w, nil
}

// setFiles replaces the files whose changes are reported. If anyModule is true, changes of every module in the watched
// folders are reported too: while an application fails to load, the set of its files is unknown. Files that are not
// modules are excluded, as one may be Linger's log, which grows with each attempt.
func (w *watcher) setFiles(files []string, anyModule bool) error {
	w.mu.Lock()
	w.files, w.anyModule = files, anyModule
	w.mu.Unlock()
	return w.watchFolders()
}

func (w *watcher) close() { _ = w.notify.Close() }

// watchFolders watches the folders of all files.
func (w *watcher) watchFolders() error {
	w.mu.Lock()
	files := w.files
	w.mu.Unlock()
	var problems []error
	seen := map[string]bool{}
	for _, file := range files {
		folder := filepath.Dir(file)
		if !seen[folder] {
			seen[folder] = true
			problems = append(problems, w.watchFolder(folder))
		}
	}
	return errors.Join(problems...)
}

// watchFolder watches a folder. If it does not exist, watchFolder watches its nearest parent that does, in which it may
// be created.
func (w *watcher) watchFolder(folder string) error {
	err := w.notify.Add(folder)
	parent := filepath.Dir(folder)
	if !errors.Is(err, fs.ErrNotExist) || parent == folder {
		return err
	}
	if err := w.watchFolder(parent); err != nil {
		return err
	}
	if err := w.notify.Add(folder); !errors.Is(err, fs.ErrNotExist) { // it may have been created before parent was watched
		return err
	}
	return nil
}

// loop reports changes when files have stayed unchanged for settleTime, or after maxSettleTime. It returns when the
// watcher is closed.
func (w *watcher) loop() {
	var first time.Time          // time of the first change that has not been reported
	var settled <-chan time.Time // nil if all changes have been reported
	for {
		select {
		case event, ok := <-w.notify.Events:
			if !ok {
				return
			}
			if !w.isRelevant(event) {
				continue
			}
		case _, ok := <-w.notify.Errors: // the queue of events has overflowed: relevant changes may be lost
			if !ok {
				return
			}
		case <-settled:
			settled = nil
			_ = w.watchFolders() // folders may have been created again; setFiles reports errors
			w.reportChange()
			continue
		}
		if settled == nil {
			first = time.Now()
		}
		settled = time.After(min(settleTime, time.Until(first.Add(maxSettleTime))))
	}
}

// reportChange sends to w.changed, unless a report is already pending.
func (w *watcher) reportChange() {
	select {
	case w.changed <- struct{}{}:
	default:
	}
}

// isRelevant reports whether an event is about a file whose changes are reported, or about a parent folder of one.
func (w *watcher) isRelevant(event fsnotify.Event) bool {
	if event.Op == fsnotify.Chmod {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.anyModule && isModule(event.Name) || slices.ContainsFunc(w.files, func(file string) bool {
		return file == event.Name || strings.HasPrefix(file, event.Name+string(filepath.Separator))
	})
}

// isModule reports whether a file name has a suffix of JavaScript or TypeScript.
func isModule(name string) bool {
	return slices.Contains([]string{".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"}, filepath.Ext(name))
}
