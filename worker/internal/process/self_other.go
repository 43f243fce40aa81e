//go:build !linux

package process

import "os"

// Self returns the path of this program for a child with [Serve].
func Self() (string, error) { return os.Executable() }
