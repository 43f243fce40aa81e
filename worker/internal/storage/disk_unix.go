//go:build unix

package storage

import (
	"errors"
	"os"
	"syscall"
)

// syncFolder makes the entries of a folder durable.
func (d osDisk) syncFolder(name string) error {
	f, err := os.Open(d.path(name))
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// openFiles returns the number of files that the process may have open.
func openFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 256
	}
	return int(min(uint64(limit.Cur), 1<<20)) //nolint:unconvert // the type differs from system to system
}
