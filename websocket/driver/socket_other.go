//go:build linux && !amd64 && !arm64

package driver

func receive(fd int32, p []byte) (int, error) { return receivePlain(fd, p) }

func transmit(fd int32, p []byte, _ int) (int, error) { return transmitPlain(fd, p) }
