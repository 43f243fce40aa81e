//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
)

// takeTurn waits until no other run of this program measures on this machine, and returns
// what lets the next one go on. A process that dies gives its turn away.
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
