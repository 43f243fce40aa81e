//go:build !linux

package handover

import (
	"errors"
	"fmt"
)

// supported is nil where the platform can move connections.
var supported = fmt.Errorf("handover: connections can move to another process on Linux only: %w", errors.ErrUnsupported)

const rightsSize = 0

func encodeRights([]int) []byte              { return nil }
func parseRights([]byte, int) ([]int, error) { return nil, supported }
func duplicate(int) (int, error)             { return -1, supported }
func closeFile(int)                          {}
func tooMany(error) bool                     { return false }
