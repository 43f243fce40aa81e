// Package proxyheader reads the header with which a proxy begins a connection, to report the addresses of its client: versions 1
// and 2 of the PROXY protocol, https://www.haproxy.org/download/3.2/doc/proxy-protocol.txt.
package proxyheader

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// Header is what a proxy reports about a connection.
type Header struct {
	// Source and Destination are the addresses of the client and of the place that it has connected to. Both are invalid if the
	// header has no TCP addresses: the proxy has made the connection for itself, as for a health check, or its client has none.
	Source, Destination netip.AddrPort
}

// MaxSize is the size of the longest header that is accepted. Its fields for certificates and the like make version 2 longer than
// its addresses are.
const MaxSize = 4096

// ErrMissing is the error of input that does not begin with a header.
var ErrMissing = errors.New("the connection does not begin with a header of the PROXY protocol")

// minSize is the size of the shortest header, "PROXY UNKNOWN\r\n".
const minSize = 15

// Parse parses the header with which b begins, and returns its size. The size is 0 if b may be the beginning of a header, of which
// some is missing.
func Parse(b []byte) (h Header, size int, err error) {
	switch {
	case begins(b, signature2):
		return parse2(b)
	case begins(b, signature1):
		return parse1(b)
	}
	return Header{}, 0, ErrMissing
}

// begins reports whether b begins with prefix, or is the beginning of it.
func begins(b []byte, prefix string) bool {
	n := min(len(b), len(prefix))
	return string(b[:n]) == prefix[:n]
}

const (
	signature1 = "PROXY "
	maxSize1   = 107 // section 2.1
)

// parse1 parses a line of version 1 (section 2.1): PROXY TCP4 192.0.2.1 192.0.2.2 56324 443.
func parse1(b []byte) (h Header, size int, err error) {
	end := bytes.Index(b[:min(len(b), maxSize1)], []byte("\r\n"))
	switch {
	case end < 0 && len(b) < maxSize1:
		return Header{}, 0, nil
	case end < 0:
		return Header{}, 0, fmt.Errorf("a header of the PROXY protocol, version 1, has no end within %d bytes", maxSize1)
	}
	size = end + len("\r\n")
	line := string(b[:end])
	fields := strings.Split(line, " ")
	if fields[1] == "UNKNOWN" { // whatever follows is ignored
		return Header{}, size, nil
	}
	if len(fields) != 6 {
		return Header{}, 0, fmt.Errorf("the header %q has %d fields: expected PROXY, TCP4 or TCP6, two addresses and two ports", line, len(fields))
	}
	if h.Source, err = addrPort(fields[1], fields[2], fields[4]); err == nil {
		h.Destination, err = addrPort(fields[1], fields[3], fields[5])
	}
	if err != nil {
		return Header{}, 0, fmt.Errorf("the header %q has %w", line, err)
	}
	return h, size, nil
}

// addrPort parses an address and a port of version 1. Some proxies write IPv4 addresses in TCP6 lines, if one of both is such.
func addrPort(family, host, port string) (netip.AddrPort, error) {
	addr, err := netip.ParseAddr(host)
	switch {
	case family != "TCP4" && family != "TCP6":
		return netip.AddrPort{}, fmt.Errorf("the protocol %q: expected TCP4, TCP6 or UNKNOWN", family)
	case err != nil || addr.Zone() != "" || family == "TCP4" && !addr.Is4():
		return netip.AddrPort{}, fmt.Errorf("the address %q, which is none of %s", host, family)
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || strconv.FormatUint(number, 10) != port {
		return netip.AddrPort{}, fmt.Errorf("the port %q: expected a number from 0 to 65535", port)
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), nil
}

const (
	signature2 = "\r\n\r\n\x00\r\nQUIT\n"
	fixedSize2 = 16 // signature, version and command, family and protocol, length of what follows
)

// Values of version 2 (section 2.2).
const (
	commandLocal, commandProxy = 0x20, 0x21

	unspecified = 0x00
	tcp4        = 0x11
	tcp6        = 0x21
	unixStream  = 0x31
)

// parse2 parses a header of version 2 (section 2.2). Fields after the addresses are ignored.
func parse2(b []byte) (h Header, size int, err error) {
	if len(b) < fixedSize2 {
		return Header{}, 0, nil
	}
	command, family := b[12], b[13]
	size = fixedSize2 + int(binary.BigEndian.Uint16(b[14:]))
	switch {
	case command != commandLocal && command != commandProxy:
		return Header{}, 0, fmt.Errorf("a header of the PROXY protocol has the version and command %#02x: expected version 2 with LOCAL or PROXY", command)
	case size > MaxSize:
		return Header{}, 0, fmt.Errorf("a header of the PROXY protocol has %d bytes: the limit is %d", size, MaxSize)
	case len(b) < size:
		return Header{}, 0, nil
	case command == commandLocal: // section 2.2: whatever follows is skipped
		return Header{}, size, nil
	}
	addresses := b[fixedSize2:size]
	switch family {
	case unspecified, unixStream:
		return Header{}, size, nil
	case tcp4:
		h, err = addresses2(addresses, 4)
	case tcp6:
		h, err = addresses2(addresses, 16)
	default:
		err = fmt.Errorf("a header of the PROXY protocol has the address family and protocol %#02x: expected a stream over IPv4, IPv6 or a Unix socket", family)
	}
	if err != nil {
		return Header{}, 0, err
	}
	return h, size, nil
}

// addresses2 parses two addresses of n bytes, and two ports.
func addresses2(b []byte, n int) (Header, error) {
	if len(b) < 2*n+4 {
		return Header{}, fmt.Errorf("a header of the PROXY protocol has %d bytes of addresses: expected %d or more", len(b), 2*n+4)
	}
	source, _ := netip.AddrFromSlice(b[:n])
	destination, _ := netip.AddrFromSlice(b[n : 2*n])
	ports := b[2*n:]
	return Header{
		Source:      netip.AddrPortFrom(source.Unmap(), binary.BigEndian.Uint16(ports)),
		Destination: netip.AddrPortFrom(destination.Unmap(), binary.BigEndian.Uint16(ports[2:])),
	}, nil
}
