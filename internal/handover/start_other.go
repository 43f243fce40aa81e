//go:build !linux

package handover

import (
	"net"
	"os"
)

func socketPair() (*net.UnixConn, *os.File, error) { return nil, nil, supported }

// Inherited returns nil: no process is started by [Start] on this system.
func Inherited() (*net.UnixConn, error) { return nil, nil } //nolint:nilnil // documented
