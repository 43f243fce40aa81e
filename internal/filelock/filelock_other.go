//go:build !unix

package filelock

import (
	"errors"
	"io/fs"
	"os"
)

// Lock creates the file if it does not exist, and locks it until it is closed. The error is [ErrLocked] if it is locked already. A
// process that was killed leaves the file, which the operating system does not allow to remove while another process has it open.
func Lock(name string) (*os.File, error) {
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, ErrLocked
	}
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
}
