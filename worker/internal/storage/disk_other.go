//go:build !unix

package storage

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// syncFolder has no effect: the operating system has no such function.
func (d osDisk) syncFolder(string) error { return nil }

// lock locks the data directory until the file is closed. A process that was killed leaves the file, which the
// operating system does not allow to remove while another process has it open.
func (d osDisk) lock() (*os.File, error) {
	name := d.path(lockName)
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrInUse, d)
	}
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}

// openFiles returns the number of files that the process may have open.
func openFiles() int { return 4096 }
