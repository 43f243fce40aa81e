//go:build !unix

package listen

import (
	"io/fs"
	"syscall"
)

// lockFolder does nothing: there are no locks of folders.
func lockFolder(string) (unlock func(), err error) { return func() {}, nil }

// limitMode does nothing: sockets have no mode before they are bound.
func limitMode(syscall.RawConn, fs.FileMode) error { return nil }
