//go:build linux && !amd64 && !arm64

package driver

import "golang.org/x/sys/unix"

func receive(fd int32, p []byte) (int, error) { return receivePlain(fd, p) }

func transmit(fd int32, p []byte, _ int) (int, error) { return transmitPlain(fd, p) }

func shutdownWrite(fd int32) { _ = unix.Shutdown(int(fd), unix.SHUT_WR) }

func closeDescriptor(fd int32) { _ = unix.Close(int(fd)) }
