// Package filelock locks files, so that one process at a time uses what belongs to them. A lock ends with the process, however that
// ends.
package filelock

import "errors"

// ErrLocked is returned for a file that another process, or another call, has locked.
var ErrLocked = errors.New("the file is locked")
