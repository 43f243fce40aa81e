package main

import (
	"log/slog"
	"os"

	"github.com/lingerws/linger/worker"
)

// reloader loads the application anew, when a signal or a file says so.
type reloader struct {
	app     *worker.App
	log     *slog.Logger
	signals chan os.Signal
	watcher *watcher // nil: files are not watched
	stop    chan struct{}
}

// startReloading begins to wait for SIGHUP and, if files are watched, for changes.
func startReloading(app *worker.App, files bool, log *slog.Logger) (*reloader, error) {
	r := &reloader{app: app, log: log, signals: make(chan os.Signal, 1), stop: make(chan struct{})}
	if files {
		w, err := watch(app.Files())
		if err != nil {
			return nil, err
		}
		r.watcher = w
	}
	notifyReload(r.signals)
	go r.run()
	return r, nil
}

func (r *reloader) close() {
	close(r.stop)
	if r.watcher != nil {
		r.watcher.close()
	}
}

// run reloads once for all that has happened since the last time.
func (r *reloader) run() {
	var changed <-chan struct{}
	if r.watcher != nil {
		changed = r.watcher.changed
	}
	for {
		select {
		case <-r.signals:
		case <-changed:
		case <-r.stop:
			return
		}
		r.reload()
	}
}

// reload keeps the last version of the application if the new one cannot be loaded.
func (r *reloader) reload() {
	err := r.app.Reload()
	if err != nil {
		r.log.Error("application not reloaded: the last version goes on", "error", err)
	}
	if r.watcher == nil {
		return
	}
	if err != nil {
		r.watcher.follow(nil) // whatever mends it
	} else {
		r.watcher.follow(r.app.Files())
	}
}
