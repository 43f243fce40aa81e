// Package listen opens the listeners of a server: on TCP addresses, on Unix sockets, and on sockets that the process has been
// started with, as by the socket activation of systemd.
package listen

import (
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// Scheme is what clients speak to a listener.
type Scheme string

// The schemes. An address without a scheme leaves the decision to the server.
const (
	Any   Scheme = ""
	HTTP  Scheme = "http"
	HTTPS Scheme = "https"
)

// Address is a place to listen at.
type Address struct {
	Scheme Scheme
	kind   kind
	place  string      // host:port, path, descriptor or name, according to kind
	mode   fs.FileMode // of a Unix socket; 0 means that of the umask
}

type kind int

const (
	tcp kind = iota
	unixSocket
	descriptor // a number, or the name of sockets that the process has been started with
)

// Loopback returns the address of a port of the loopback interface; port 0 selects a free port.
func Loopback(port uint16) Address {
	return Address{place: net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port)))}
}

// forms is the end of the errors for text that is not an address.
const forms = "give a port such as 8080; host and port, such as 127.0.0.1:8080, [::1]:8080 or :8080 for all addresses; " +
	"unix:/run/linger.sock; or fd:3 or fd:NAME for a socket that the process is started with"

// Parse parses an address: PORT, which is a port of the loopback interface, HOST:PORT, :PORT, unix:PATH, unix:PATH?mode=0660,
// fd:NUMBER or fd:NAME, each with http:// or https:// before it or without.
func Parse(text string) (Address, error) {
	var a Address
	rest := text
	for _, scheme := range []Scheme{HTTP, HTTPS} {
		if after, ok := strings.CutPrefix(text, string(scheme)+"://"); ok {
			a.Scheme, rest = scheme, after
		}
	}
	var err error
	if path, ok := strings.CutPrefix(rest, "unix:"); ok {
		a.kind = unixSocket
		a.place, a.mode, err = parseSocketPath(path)
	} else if given, ok := strings.CutPrefix(rest, "fd:"); ok {
		a.kind, a.place = descriptor, given
		err = checkDescriptor(given)
	} else {
		a.place, err = parseHostPort(rest)
	}
	if err != nil {
		return Address{}, fmt.Errorf("%q is not an address to listen on: %w", text, err)
	}
	return a, nil
}

func parseHostPort(text string) (string, error) {
	if number, err := strconv.ParseUint(text, 10, 16); err == nil {
		return Loopback(uint16(number)).place, nil
	}
	host, port, err := net.SplitHostPort(text)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil || strings.ContainsAny(host, "/@ ") {
		return "", fmt.Errorf("%s", forms)
	}
	return text, nil
}

// parseSocketPath parses what follows unix: in an address.
func parseSocketPath(text string) (path string, mode fs.FileMode, err error) {
	path, query, _ := strings.Cut(text, "?")
	if strings.HasPrefix(path, "///") {
		path = path[2:]
	}
	if path == "" || strings.HasPrefix(path, "//") {
		return "", 0, fmt.Errorf("give the path of the socket, such as unix:/run/linger.sock or unix:linger.sock")
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return "", 0, fmt.Errorf("give the mode as in unix:/run/linger.sock?mode=0660")
	}
	for name, values := range options {
		if name != "mode" {
			return "", 0, fmt.Errorf("%q is not an option of a Unix socket: only mode is, as in unix:/run/linger.sock?mode=0660", name)
		}
		bits, err := strconv.ParseUint(values[len(values)-1], 8, 32)
		if err != nil || bits == 0 || bits > 0o777 {
			return "", 0, fmt.Errorf("the mode %q is not an octal number from 0001 to 0777, such as 0660", values[len(values)-1])
		}
		if strings.HasPrefix(path, "@") {
			return "", 0, fmt.Errorf("an abstract socket has no file, and so no mode: remove ?mode, or give a path")
		}
		mode = fs.FileMode(bits)
	}
	return path, mode, nil
}

// firstDescriptor is the first one after the standard streams, and the first that systemd passes.
const firstDescriptor = 3

func checkDescriptor(text string) error {
	number, err := strconv.Atoi(text)
	switch {
	case text == "" || strings.ContainsAny(text, ":/ "):
		return fmt.Errorf("give the number of a descriptor, such as fd:3, or the name of a socket of systemd, such as fd:linger.socket")
	case err == nil && number < firstDescriptor:
		return fmt.Errorf("the descriptors 0, 1 and 2 are the standard streams: give 3 or more")
	}
	return nil
}

// String returns the address in the form that Parse accepts, without the mode.
func (a Address) String() string {
	text := a.place
	switch a.kind {
	case unixSocket:
		text = "unix:" + text
	case descriptor:
		text = "fd:" + text
	case tcp:
	}
	if a.Scheme != Any {
		text = string(a.Scheme) + "://" + text
	}
	return text
}

// Mode returns the mode of the file of a Unix socket, 0 if the umask decides it.
func (a Address) Mode() fs.FileMode { return a.mode }

// tcpNetwork returns the network for package net: 0.0.0.0 means all IPv4 addresses, and [::] those of IPv6 as well, as the empty
// host does.
func (a Address) tcpNetwork() string {
	if addr, err := netip.ParseAddrPort(a.place); err == nil && addr.Addr() == netip.IPv4Unspecified() {
		return "tcp4"
	}
	return "tcp"
}
