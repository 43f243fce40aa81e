//go:build unix

package listen

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// lockFolder locks a folder until unlock is called, so that of two processes that find the same stale socket one replaces it and the
// other one finds the new socket.
func lockFolder(name string) (unlock func(), err error) {
	folder, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(folder.Fd()), syscall.LOCK_EX)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	// A file system without locks is no reason not to listen: the lock only matters to processes that start at the same moment.
	return func() { _ = folder.Close() }, nil
}

// limitMode sets the mode of a socket before it is bound, so that its file never admits more than mode. Systems other than Linux
// do not support that; there the file has the mode only after it has been created.
func limitMode(c syscall.RawConn, mode fs.FileMode) error {
	return c.Control(func(fd uintptr) { _ = syscall.Fchmod(int(fd), uint32(mode)) })
}
