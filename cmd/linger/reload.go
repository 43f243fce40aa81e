package main

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"

	"github.com/fsnotify/fsnotify"

	"github.com/lingerws/linger/worker"
)

// reloader loads an application anew, when a signal or a file says so.
type reloader struct {
	load    func() error    // the application anew
	files   func() []string // that the last version was made of
	log     *slog.Logger
	signals <-chan os.Signal
	watcher *watcher // nil: files are not watched
	stop    chan struct{}
	filled  map[string]bool // the files of the last version that had a content
}

// reload begins to wait for signals and, if files are watched, for changes.
func (c *runCommand) reload(app *worker.App, signals <-chan os.Signal, log *slog.Logger) (*reloader, error) {
	// The entry is watched where it was named: it may be a link, and app.Files has where that leads to.
	entry, err := filepath.Abs(c.App)
	if err != nil {
		return nil, err
	}
	r := &reloader{
		load:  app.Reload,
		files: func() []string { return append(app.Files(), entry) },
		log:   log, signals: signals, stop: make(chan struct{}),
	}
	if c.Watch {
		if r.watcher, err = watch(r.files()); err != nil {
			return nil, err
		}
	}
	r.noteFilled()
	go r.run()
	return r, nil
}

func (r *reloader) close() {
	close(r.stop)
	if r.watcher != nil {
		r.watcher.close()
	}
}

// run reloads once for all changes since the last time, and once for all signals.
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
		if !r.settle() {
			return
		}
		r.once()
	}
}

// once keeps the last version of the application if the new one cannot be loaded.
func (r *reloader) once() {
	r.follow(nil, true) // what it imports from now on may change while it is loaded
	err := r.load()
	switch {
	case errors.Is(err, worker.ErrStopped):
	case err != nil:
		r.follow(blamed(err), true) // before anybody hears of it and mends it
		r.log.Error("application not reloaded: the last version goes on", "error", err)
	default:
		r.noteFilled()
		r.follow(nil, false)
	}
}

// follow has the watcher, if there is one, look for the files of the application and
// for more.
func (r *reloader) follow(more []string, loose bool) {
	if r.watcher == nil {
		return
	}
	err := r.watcher.follow(append(r.files(), more...), loose)
	if err != nil && !errors.Is(err, fsnotify.ErrClosed) {
		r.log.Warn("some folders of the application cannot be watched: use SIGHUP after a change there", "error", err)
	}
}

// relative finds what an error says of a module that cannot be found.
var relative = regexp.MustCompile(`"(\.\.?/[^"]+)"`)

// uninstalled finds what an error says of a package that is not installed.
var uninstalled = regexp.MustCompile(`npm install (\S+)`)

// packagesOf returns the folder that packages for a file are installed in: beside the nearest package.json, or else beside
// the file.
func packagesOf(file string) string {
	for folder := filepath.Dir(file); ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "package.json")); err == nil {
			return filepath.Join(folder, "node_modules")
		}
		if folder == filepath.Dir(folder) {
			return filepath.Join(filepath.Dir(file), "node_modules")
		}
	}
}

// blamed returns the files that an error names, and those it misses: with them it may
// be mended.
func blamed(err error) (files []string) {
	failure, ok := errors.AsType[*worker.LoadError](err)
	if !ok {
		return nil
	}
	for _, p := range failure.Problems {
		file, err := filepath.Abs(p.File)
		if p.File == "" || err != nil {
			continue
		}
		files = append(files, file)
		for _, missing := range relative.FindAllStringSubmatch(p.Text, -1) {
			files = append(files, filepath.Join(filepath.Dir(file), filepath.FromSlash(missing[1])))
		}
		for _, missing := range uninstalled.FindAllStringSubmatch(p.Text, -1) {
			files = append(files, filepath.Join(packagesOf(file), filepath.FromSlash(missing[1]), "package.json"))
		}
	}
	return files
}
