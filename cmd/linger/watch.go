package main

import (
	"path/filepath"
	"slices"
	"time"

	"github.com/fsnotify/fsnotify"
)

// settleTime is how long files have to be left alone before they are taken as they
// are: editors and build tools write in steps.
const settleTime = 80 * time.Millisecond

// watcher tells when files change. It watches their folders: many editors put a new
// file in the place of the old one.
type watcher struct {
	notify  *fsnotify.Watcher
	changed chan struct{} // has one when something has changed since the last look

	files chan []string // those to look for from now on; none stands for all in the folders
}

// watch begins to look for changes of files.
func watch(files []string) (*watcher, error) {
	notify, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	w := &watcher{notify: notify, changed: make(chan struct{}, 1), files: make(chan []string)}
	go w.run(files)
	w.follow(files)
	return w, nil
}

// follow has the watcher look for these files instead, for all in the folders it knows
// if there are none.
func (w *watcher) follow(files []string) {
	for _, file := range files {
		_ = w.notify.Add(filepath.Dir(file)) // a folder that has gone cannot change; adding one twice does nothing
	}
	w.files <- files
}

func (w *watcher) close() { _ = w.notify.Close() }

// run waits until changes have settled, and tells. It ends with the notifier.
func (w *watcher) run(files []string) {
	var settled <-chan time.Time
	for {
		select {
		case event, ok := <-w.notify.Events:
			if !ok {
				return
			}
			if !event.Has(fsnotify.Chmod) && (len(files) == 0 || slices.Contains(files, event.Name)) {
				settled = time.After(settleTime)
			}
		case _, ok := <-w.notify.Errors: // too many changes at once: some of them may be ours
			if !ok {
				return
			}
			settled = time.After(settleTime)
		case files = <-w.files:
		case <-settled:
			settled = nil
			select {
			case w.changed <- struct{}{}:
			default: // it is known already
			}
		}
	}
}
