//go:build !unix

package storage

// syncFolder has no effect: the operating system has no such function.
func (d osDisk) syncFolder(string) error { return nil }

// openFiles returns the number of files that the process may have open.
func openFiles() int { return 4096 }
