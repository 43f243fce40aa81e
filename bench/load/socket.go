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

// The request of every connection. The key is the example of RFC 6455, section 1.3.
const (
	head = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	request  = head + "\r\n"
	offering = head + "Sec-WebSocket-Extensions: " + extension + "\r\n\r\n"

	extension = "permessage-deflate"
)

const (
	switching = "HTTP/1.1 101 "
	accepted  = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" // what that key has to be answered with
)

// sources is how many addresses of the loopback network connections come from, so that
// the ports of one do not run out.
const sources = 16

// bindWithoutPort is IP_BIND_ADDRESS_NO_PORT: the port is chosen when the destination
// is known, so that it may be one that another connection has too.
const bindWithoutPort = 24

// patience bounds every wait for a server.
const patience = 10 * time.Second

// connect opens the nth TCP connection. On the loopback network that does not wait,
// unless the server's queue is full.
func connect(to netip.AddrPort, n int) (int, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return -1, os.NewSyscallError("socket", err)
	}
	from := syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, byte(2 + n%sources)}}
	wait := syscall.NsecToTimeval(patience.Nanoseconds())
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

// open opens the nth WebSocket and waits for the handshake.
func open(to netip.AddrPort, n int, deflate bool) (int, error) {
	asked := request
	if deflate {
		asked = offering
	}
	fd, err := connect(to, n)
	if err != nil {
		return -1, err
	}
	if _, err = syscall.Write(fd, []byte(asked)); err == nil {
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
			return fmt.Errorf("after %d bytes of the answer: %w", len(got), errors.Join(err, errEnd))
		}
		got = append(got, buffer[:n]...)
		if rest, err := checkHandshake(got); err != nil || rest == 0 {
			return errors.Join(err, checkExtension(got, deflate))
		}
	}
}

var errEnd = errors.New("the server ended the connection")

// checkHandshake says whether an answer is the right one: 0 if it is, negative if it
// goes on.
func checkHandshake(got []byte) (rest int, err error) {
	end := bytes.Index(got, []byte("\r\n\r\n"))
	switch {
	case end < 0 && len(got) < 2048:
		return -1, nil
	case end+4 != len(got), !bytes.HasPrefix(got, []byte(switching)), !bytes.Contains(got, []byte(accepted)):
		return 0, fmt.Errorf("expected a 101 with %s and nothing behind it, got %q", accepted, got)
	}
	return 0, nil
}

// checkExtension says whether compression was agreed as it was asked for, or not at all.
func checkExtension(got []byte, deflate bool) error {
	agreed := bytes.Contains(got, []byte(extension)) && !bytes.Contains(got, []byte("no_context_takeover"))
	if agreed != deflate {
		return fmt.Errorf("compression with context takeover is asked for: %v, and agreed: %v: %q", deflate, agreed, got)
	}
	return nil
}
