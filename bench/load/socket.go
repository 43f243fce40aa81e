//go:build linux

package load

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"syscall"
	"time"
)

// The requests. The key is the example of RFC 6455, section 1.3.
const (
	head = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	request  = head + "\r\n"
	offering = head + "Sec-WebSocket-Extensions: " + extension + "\r\n\r\n"

	extension = "permessage-deflate"
)

const (
	switching = "HTTP/1.1 101 "
	accepted  = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" // the accept value for the key
)

// sources is the number of loopback addresses from which connections are opened, so that
// there are enough ports.
const sources = 16

// bindWithoutPort is IP_BIND_ADDRESS_NO_PORT. With it the kernel chooses the port when the
// destination is known, so that connections to different destinations can share a port.
const bindWithoutPort = 24

// timeout bounds each wait for a server.
const timeout = 10 * time.Second

// connect opens the nth TCP connection. On the loopback network it does not block, unless the
// server's queue is full.
func connect(to netip.AddrPort, n int) (int, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	from := syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(2 + n%sources)}}
	wait := syscall.NsecToTimeval(timeout.Nanoseconds())
	err = errors.Join(
		os.NewSyscallError("IP_BIND_ADDRESS_NO_PORT", syscall.SetsockoptInt(fd, syscall.IPPROTO_IP, bindWithoutPort, 1)),
		os.NewSyscallError("TCP_NODELAY", syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1)),
		os.NewSyscallError("SO_RCVTIMEO", syscall.SetsockoptTimeval(fd, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &wait)),
		os.NewSyscallError("bind", syscall.Bind(fd, &from)),
		os.NewSyscallError("connect", syscall.Connect(fd, &syscall.SockaddrInet4{Port: int(to.Port()), Addr: to.Addr().As4()})),
	)
	if err != nil {
		_ = syscall.Close(fd)
		return -1, fmt.Errorf("connection %d to %s: %w", n, to, err)
	}
	return fd, nil
}

// open opens the nth WebSocket and waits for the handshake. With deflate it offers compression.
func open(to netip.AddrPort, n int, deflate bool) (int, error) {
	sent := request
	if deflate {
		sent = offering
	}
	fd, err := connect(to, n)
	if err != nil {
		return -1, err
	}
	if _, err = syscall.Write(fd, []byte(sent)); err == nil {
		err = awaitHandshake(fd, deflate)
	}
	if err == nil {
		err = syscall.SetNonblock(fd, true)
	}
	if err != nil {
		_ = syscall.Close(fd)
		return -1, fmt.Errorf("handshake of connection %d: %w", n, err)
	}
	return fd, nil
}

func awaitHandshake(fd int, deflate bool) error {
	var got []byte
	for buffer := make([]byte, 2048); ; {
		n, err := syscall.Read(fd, buffer)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || n == 0 {
			return fmt.Errorf("after %d bytes of the response: %w", len(got), errors.Join(err, errEnd))
		}
		got = append(got, buffer[:n]...)
		if rest, err := checkHandshake(got); err != nil || rest == 0 {
			return errors.Join(err, checkExtension(got, deflate))
		}
	}
}

var errEnd = errors.New("the server ended the connection")

// checkHandshake checks the response to a handshake. It returns 0 if it is complete, and a
// negative number if more bytes are expected.
func checkHandshake(got []byte) (rest int, err error) {
	end := bytes.Index(got, []byte("\r\n\r\n"))
	switch {
	case end < 0 && len(got) < 2048:
		return -1, nil
	case end+4 != len(got), !bytes.HasPrefix(got, []byte(switching)), !bytes.Contains(got, []byte(accepted)):
		return 0, fmt.Errorf("expected a 101 with %s and nothing after it, got %q", accepted, got)
	}
	return 0, nil
}

// checkExtension checks that compression with context takeover was negotiated if it was
// offered.
func checkExtension(got []byte, deflate bool) error {
	negotiated := bytes.Contains(got, []byte(extension)) && !bytes.Contains(got, []byte("no_context_takeover"))
	if negotiated != deflate {
		return fmt.Errorf("compression with context takeover is offered: %v, and negotiated: %v: %q", deflate, negotiated, got)
	}
	return nil
}
