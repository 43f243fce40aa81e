//go:build !linux

package driver

import "fmt"

// adoptTransport returns an error, because connections move to another process only on Linux.
func adoptTransport(int, *Options) (movableTransport, error) {
	return nil, fmt.Errorf("%w: that is possible only on Linux", ErrFixed)
}
