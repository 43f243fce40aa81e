//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// takeTurn locks a file in folder, so that only one run of this program measures at a time
// on this machine. It returns the function that unlocks the file; the system does so if
// the process dies.
func takeTurn(folder string) (done func(), err error) {
	file, err := os.OpenFile(filepath.Join(folder, "linger-bench.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("taking turns with other runs: %w", err)
	}
	done = func() { _ = file.Close() }
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX); err != nil {
		done()
		return nil, fmt.Errorf("taking turns with other runs: %w", err)
	}
	return done, nil
}
