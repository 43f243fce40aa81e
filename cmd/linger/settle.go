package main

import (
	"os"
	"slices"
	"time"
)

// longestWriting bounds the wait for a file that is being written: after that it is taken as it is.
const longestWriting = 5 * time.Second

// settle waits until no file of the application is half written, as far as that shows: one that is written in place is
// empty at first, or has just been changed. It returns false when the reloader is closed.
func (r *reloader) settle() bool {
	for late := time.Now().Add(longestWriting); time.Now().Before(late) && slices.ContainsFunc(r.files(), r.isBeingWritten); {
		select {
		case <-time.After(settleTime / 5):
		case <-r.stop:
			return false
		}
	}
	return true
}

func (r *reloader) isBeingWritten(file string) bool {
	info, err := os.Stat(file)
	if err != nil {
		return false // it has been removed, which the load will say
	}
	age := time.Since(info.ModTime())
	return age >= 0 && age < settleTime || info.Size() == 0 && r.filled[file]
}

// noteFilled notes which files of the version that runs have a content.
func (r *reloader) noteFilled() {
	r.filled = map[string]bool{}
	for _, file := range r.files() {
		if info, err := os.Stat(file); err == nil && info.Size() > 0 {
			r.filled[file] = true
		}
	}
}
