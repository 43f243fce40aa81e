//go:build !linux

package handover

import (
	"errors"
	"fmt"
)

// supported is nil where the platform can move connections.
var supported = fmt.Errorf("handover: connections can move to another process on Linux only: %w", errors.ErrUnsupported)

const rightsSize = 0

// Duplicate returns another descriptor for the same file.
func Duplicate(int) (int, error) { return -1, supported }

// CloseFile closes a descriptor that Duplicate has returned.
func CloseFile(int) {}

func encodeRights([]int) []byte              { return nil }
func parseRights([]byte, int) ([]int, error) { return nil, supported }
func closeFile(int)                          {}
func tooMany(error) bool                     { return false }
