package main

import (
	"os"
	"slices"
	"time"
)

// maxWriteTime bounds the wait for a file that is being written. After it the file is read as it is.
const maxWriteTime = 5 * time.Second

// awaitFiles waits, at most for maxWriteTime, until no file of the application appears to be half written. It returns
// false if the reloader is closed.
func (r *reloader) awaitFiles() bool {
	for deadline := time.Now().Add(maxWriteTime); time.Now().Before(deadline) && slices.ContainsFunc(r.files(), r.isBeingWritten); {
		select {
		case <-time.After(settleTime / 5):
		case <-r.closed:
			return false
		}
	}
	return true
}

// isBeingWritten reports whether a file appears to be half written: it has changed within settleTime, or it has become
// empty, as a file does that is truncated and then written.
func (r *reloader) isBeingWritten(file string) bool {
	info, err := os.Stat(file)
	if err != nil {
		return false // loading reports the error
	}
	age := time.Since(info.ModTime())
	return age >= 0 && age < settleTime || info.Size() == 0 && r.nonEmpty[file]
}

// recordNonEmpty records which files of the current version are not empty.
func (r *reloader) recordNonEmpty() {
	r.nonEmpty = map[string]bool{}
	for _, file := range r.files() {
		if info, err := os.Stat(file); err == nil && info.Size() > 0 {
			r.nonEmpty[file] = true
		}
	}
}
