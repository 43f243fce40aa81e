//go:build unix

package bundle

import (
	"io/fs"
	"os"
	"syscall"
)

// isOwn reports whether a file belongs to the user of the process.
func isOwn(info fs.FileInfo) bool {
	system, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(system.Uid) == os.Geteuid()
}
