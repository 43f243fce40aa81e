package bundle

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lingerws/linger/internal/filelock"
)

// Folder is a temporary folder with the bundles that a process has written for its children. A file in it is locked while the
// process lives. What a killed process has left is removed by the next call of [NewFolder].
type Folder struct {
	path string
	lock *os.File
}

const (
	folderPrefix = "linger-bundles-"
	bundlePrefix = "app-" // of the folder of each bundle
	lockName     = "lock"

	// maxTries bounds the tries of NewFolder: another process may remove the folder before it is locked.
	maxTries = 10
)

// NewFolder makes a folder below the system's folder for temporary files.
func NewFolder() (*Folder, error) { return newFolder(os.TempDir()) }

func newFolder(parent string) (*Folder, error) {
	removeStale(parent)
	for range maxTries {
		path, err := os.MkdirTemp(parent, folderPrefix)
		if err != nil {
			return nil, fmt.Errorf("the application's bundle cannot be written: %w", err)
		}
		lock, err := filelock.Lock(filepath.Join(path, lockName))
		if err == nil && isPresent(lock) {
			return &Folder{path, lock}, nil
		}
		if lock != nil {
			_ = lock.Close()
		}
		_ = os.RemoveAll(path)
	}
	return nil, fmt.Errorf("the application's bundle cannot be written: no folder in %s can be locked", parent)
}

// isPresent reports whether an open file is still in its folder.
func isPresent(file *os.File) bool {
	open, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(file.Name())
	return err == nil && os.SameFile(open, named)
}

// removeStale removes the folders of processes that have ended. Those of other users remain.
func removeStale(parent string) {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return // MkdirTemp reports it
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if !strings.HasPrefix(entry.Name(), folderPrefix) || err != nil || !info.IsDir() || !isOwn(info) {
			continue
		}
		removeUnlocked(filepath.Join(parent, entry.Name()))
	}
}

// removeUnlocked removes a folder unless a process has locked it. The folder stays locked meanwhile. Windows removes the locked
// file, and so the folder, only when the file has been closed.
func removeUnlocked(path string) {
	lock, err := filelock.Lock(filepath.Join(path, lockName))
	if err != nil {
		return
	}
	_ = os.RemoveAll(path)
	_ = lock.Close()
	_ = os.Remove(lock.Name())
	_ = os.Remove(path)
}

// Path returns the path of the folder.
func (f *Folder) Path() string { return f.path }

// Write writes a bundle and its source map, and returns the path of the bundle. It removes the bundles that were written before,
// except for those whose paths are in used.
func (f *Folder) Write(b *Bundle, used ...string) (file string, err error) {
	f.removeUnused(used)
	path, err := os.MkdirTemp(f.path, bundlePrefix)
	if err != nil {
		return "", fmt.Errorf("the application's bundle cannot be written: %w", err)
	}
	sourceMap, err := withRoot(b.sourceMap)
	if err != nil {
		return "", fmt.Errorf("the application's source map cannot be written: %w", err)
	}
	file = filepath.Join(path, runtimeOutput)
	err = errors.Join(os.WriteFile(file, []byte(b.Code), 0o600), os.WriteFile(file+".map", sourceMap, 0o600))
	if err != nil {
		return "", fmt.Errorf("the application's bundle cannot be written: %w", errors.Join(err, os.RemoveAll(path)))
	}
	return file, nil
}

// removeUnused removes the bundles whose paths are not in used.
func (f *Folder) removeUnused(used []string) {
	paths, _ := filepath.Glob(filepath.Join(f.path, bundlePrefix+"*")) // fails only for an invalid pattern
	for _, path := range paths {
		if !slices.Contains(used, filepath.Join(path, runtimeOutput)) {
			_ = os.RemoveAll(path) // what is left is removed by Close
		}
	}
}

// Close removes the folder with all bundles in it.
func (f *Folder) Close() error { return errors.Join(f.lock.Close(), os.RemoveAll(f.path)) }
