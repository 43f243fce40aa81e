//go:build linux

package driver

import "golang.org/x/sys/unix"

func receivePlain(fd int32, p []byte) (int, error) {
	n, err := unix.Read(int(fd), p)
	return max(n, 0), err
}

func transmitPlain(fd int32, p []byte) (int, error) {
	n, err := unix.Write(int(fd), p)
	return max(n, 0), err
}
