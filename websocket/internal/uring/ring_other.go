//go:build !linux

package uring

import (
	"errors"
	"fmt"
)

// Ring is not available on this system; see New.
type Ring struct{}

// New returns an error, since only Linux has io_uring.
func New(int) (*Ring, error) { return nil, Available() }

// Available returns an error, since only Linux has io_uring.
func Available() error {
	return fmt.Errorf("uring: io_uring is part of Linux: %w", errors.ErrUnsupported)
}
