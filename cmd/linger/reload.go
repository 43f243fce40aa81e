package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"sync"

	"github.com/fsnotify/fsnotify"

	"github.com/lingerws/linger/worker"
)

// reloader reloads an application and its settings after a signal, on request, and after a change of their files if they are
// watched.
type reloader struct {
	load     func() (reloadReport, error)
	files    func() []string // returns the files of the current version, and those of its settings
	requests chan chan<- reloadResult
	kept     string // what stays in place when the settings are wrong
	log      *slog.Logger
	signals  <-chan os.Signal
	watcher  *watcher        // nil if files are not watched
	closed   chan struct{}   // closed by close
	once     sync.Once       // closes it
	nonEmpty map[string]bool // the files of the current version that were not empty when it was loaded
}

// reloadResult is the result of a reload.
type reloadResult struct {
	report reloadReport
	err    error
}

// startReloader starts a reloader. It watches the files if --watch is given.
func (r *running) startReloader(signals <-chan os.Signal) (*reloader, error) {
	// The module may be a symbolic link, of which app.Files contains only the target. The link is watched too.
	entry, err := filepath.Abs(r.started.App)
	if err != nil {
		return nil, err
	}
	return startReloader(&reloader{
		load:  r.reload,
		files: func() []string { return append(append(r.app.Files(), entry), r.current.Load().files()...) },
		kept:  "the last one stays in place, and the last version of the application",
		log:   r.log.Logger, signals: signals,
	}, r.started.Watch)
}

func startReloader(r *reloader, watched bool) (_ *reloader, err error) {
	r.closed, r.requests = make(chan struct{}), make(chan chan<- reloadResult)
	if watched {
		if r.watcher, err = watch(r.files()); err != nil {
			return nil, err
		}
	}
	r.recordNonEmpty()
	go r.loop()
	return r, nil
}

// request reloads as a signal does, and blocks until that is done, or ctx ends. A reload that has begun is not cut off.
func (r *reloader) request(ctx context.Context) (reloadReport, error) {
	result := make(chan reloadResult, 1)
	select {
	case r.requests <- result:
	case <-r.closed:
		return reloadReport{}, worker.ErrStopped
	case <-ctx.Done():
		return reloadReport{}, context.Cause(ctx)
	}
	select {
	case done := <-result:
		return done.report, done.err
	case <-r.closed:
		return reloadReport{}, worker.ErrStopped
	case <-ctx.Done():
		return reloadReport{}, context.Cause(ctx)
	}
}

// close stops the reloader. It does not wait for a reload that is under way.
func (r *reloader) close() {
	r.once.Do(func() {
		close(r.closed)
		if r.watcher != nil {
			r.watcher.close()
		}
	})
}

// loop reloads the application after signals and changes until the reloader is closed. Signals that arrive during a
// reload cause one more, and so do changes.
func (r *reloader) loop() {
	var changed <-chan struct{}
	if r.watcher != nil {
		changed = r.watcher.changed
	}
	for {
		var result chan<- reloadResult
		select {
		case <-r.signals:
		case <-changed:
		case result = <-r.requests:
		case <-r.closed:
			return
		}
		if !r.awaitFiles() {
			return
		}
		report, err := r.reload()
		if result != nil {
			result <- reloadResult{report, err} // has room
		}
	}
}

// reload loads a new version of the application. If that fails, the current one stays, and the files named by the error
// are watched in addition to its own.
func (r *reloader) reload() (reloadReport, error) {
	r.watchFiles(nil, true) // files that the new version imports may change while it is loaded
	report, err := r.load()
	switch {
	case errors.Is(err, worker.ErrStopped):
	case err != nil:
		r.watchFiles(filesToFix(err), true) // before the error is logged, so that no fix after it is missed
		logFailure(r.log, r.kept, err)
	default:
		r.recordNonEmpty()
		r.watchFiles(nil, false)
	}
	return report, err
}

// watchFiles sets the files to watch to those of the current version and others. If anyModule is true, all modules in
// their folders are watched too. It does nothing if files are not watched.
func (r *reloader) watchFiles(others []string, anyModule bool) {
	if r.watcher == nil {
		return
	}
	err := r.watcher.setFiles(append(r.files(), others...), anyModule)
	if err != nil && !errors.Is(err, fsnotify.ErrClosed) {
		r.log.Warn("some folders of the application cannot be watched: send SIGHUP after a change in them", "error", err)
	}
}

// missingModule matches the relative import in an error about a module that does not exist.
var missingModule = regexp.MustCompile(`"(\.\.?/[^"]+)"`)

// missingPackage matches the name in an error about a package that is not installed.
var missingPackage = regexp.MustCompile(`npm install (\S+)`)

// nodeModulesFor returns the folder in which packages for a file are installed: node_modules in the folder of the nearest
// package.json, or in that of the file if there is none.
func nodeModulesFor(file string) string {
	for folder := filepath.Dir(file); ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "package.json")); err == nil {
			return filepath.Join(folder, "node_modules")
		}
		if folder == filepath.Dir(folder) {
			return filepath.Join(filepath.Dir(file), "node_modules")
		}
	}
}

// filesToFix returns the files whose change or creation may fix a load error: those that it names, and those that it
// reports as missing.
func filesToFix(err error) (files []string) {
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
		for _, missing := range missingModule.FindAllStringSubmatch(p.Text, -1) {
			files = append(files, filepath.Join(filepath.Dir(file), filepath.FromSlash(missing[1])))
		}
		for _, missing := range missingPackage.FindAllStringSubmatch(p.Text, -1) {
			files = append(files, filepath.Join(nodeModulesFor(file), filepath.FromSlash(missing[1]), "package.json"))
		}
	}
	return files
}
