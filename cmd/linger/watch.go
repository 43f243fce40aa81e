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
	// settleTime is how long files have to be left alone before they are taken as they
	// are: editors and build tools write in steps.
	settleTime = 100 * time.Millisecond

	// longestUnrest bounds the wait for those who never leave them alone.
	longestUnrest = time.Second
)

// watcher tells when files change. It watches their folders: many editors put a new
// file in the place of the old one.
type watcher struct {
	notify  *fsnotify.Watcher
	changed chan struct{} // has one when something has changed since the last look

	mu    sync.Mutex
	files []string // those that count, absolute
	loose bool     // all modules in the folders count, too
}

// watch begins to look for changes of files.
func watch(files []string) (*watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &watcher{notify: notify, changed: make(chan struct{}, 1)}
	if err := w.follow(files, false); err != nil {
		return nil, errors.Join(err, notify.Close())
	}
	go w.run()
	return w, nil
}

// follow has the watcher look for these files, and for no others any more; if loose,
// for every module in the folders it knows as well: as long as an application does not
// load nobody knows what it consists of. Files of another kind never count then: one of
// them may be Linger's log, which tells of each attempt.
func (w *watcher) follow(files []string, loose bool) error {
	w.mu.Lock()
	w.files, w.loose = files, loose
	w.mu.Unlock()
	return w.cover()
}

func (w *watcher) close() { _ = w.notify.Close() }

// cover sees to it that the folder of every file is watched.
func (w *watcher) cover() error {
	w.mu.Lock()
	files := w.files
	w.mu.Unlock()
	var problems []error
	covered := map[string]bool{}
	for _, file := range files {
		folder := filepath.Dir(file)
		if !covered[folder] {
			covered[folder] = true
			problems = append(problems, w.cling(folder))
		}
	}
	return errors.Join(problems...)
}

// cling watches a folder. Of one that is not there it watches the nearest that is, in
// which it may appear.
func (w *watcher) cling(folder string) error {
	err := w.notify.Add(folder)
	parent := filepath.Dir(folder)
	if !errors.Is(err, fs.ErrNotExist) || parent == folder {
		return err
	}
	if err := w.cling(parent); err != nil {
		return err
	}
	if err := w.notify.Add(folder); !errors.Is(err, fs.ErrNotExist) { // it may have appeared meanwhile
		return err
	}
	return nil
}

// run waits until changes have settled, and tells. It ends with the notifier.
func (w *watcher) run() {
	var first time.Time // of the changes that have not settled
	var settled <-chan time.Time
	for {
		select {
		case event, ok := <-w.notify.Events:
			if !ok {
				return
			}
			if !w.concerns(event) {
				continue
			}
		case _, ok := <-w.notify.Errors: // too many changes at once: some of them may be ours
			if !ok {
				return
			}
		case <-settled:
			settled = nil
			_ = w.cover() // of folders that have come back; who follows hears of errors
			w.tell()
			continue
		}
		if settled == nil {
			first = time.Now()
		}
		settled = time.After(min(settleTime, time.Until(first.Add(longestUnrest))))
	}
}

func (w *watcher) tell() {
	select {
	case w.changed <- struct{}{}:
	default: // it is known already
	}
}

// concerns tells whether an event is one of a file that counts, or of a folder on the
// way to it.
func (w *watcher) concerns(event fsnotify.Event) bool {
	if event.Op == fsnotify.Chmod {
		return false
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.loose && isModule(event.Name) || slices.ContainsFunc(w.files, func(file string) bool {
		return file == event.Name || strings.HasPrefix(file, event.Name+string(filepath.Separator))
	})
}

// isModule tells whether a file looks like JavaScript or TypeScript.
func isModule(name string) bool {
	return slices.Contains([]string{".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"}, filepath.Ext(name))
}
