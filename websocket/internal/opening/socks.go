package opening

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"strconv"
)

// The identifiers of SOCKS version 5 (RFC 1928), and of its authentication by name and password (RFC 1929).
const (
	socksVersion     = 5
	socksNoAuth      = 0
	socksPassword    = 2
	socksConnect     = 1
	socksIPv4        = 1
	socksName        = 3
	socksIPv6        = 4
	socksAuthVersion = 1
	socksMaxText     = 255 // bytes of a name or a password
)

// isSOCKS reports whether a proxy uses SOCKS. With both schemes the proxy resolves the name of the server, as with
// net/http.
func isSOCKS(proxy *url.URL) bool { return proxy.Scheme == "socks5" || proxy.Scheme == "socks5h" }

// connectSOCKS makes a proxy connect to the server.
func (h *hop) connectSOCKS(l *transport, proxy *url.URL) error {
	request, err := socksRequest(hostname(h.url), portOf(h.url))
	if err != nil {
		return err
	}
	if err := negotiateSOCKS(l.nc, proxy.User); err != nil {
		return err
	}
	if _, err := l.nc.Write(request); err != nil {
		return err
	}
	return readSOCKSReply(l.nc, proxy.Host)
}

// negotiateSOCKS negotiates a method of authentication with the proxy, and authenticates (RFC 1928, section 3).
func negotiateSOCKS(nc io.ReadWriter, user *url.Userinfo) error {
	methods := []byte{socksNoAuth}
	if user != nil {
		methods = append(methods, socksPassword)
	}
	if _, err := nc.Write(append([]byte{socksVersion, byte(len(methods))}, methods...)); err != nil {
		return err
	}
	var chosen [2]byte
	if _, err := io.ReadFull(nc, chosen[:]); err != nil {
		return err
	}
	switch {
	case chosen[0] != socksVersion:
		return errors.New("the proxy does not support SOCKS version 5")
	case chosen[1] == socksNoAuth:
		return nil
	case chosen[1] == socksPassword && user != nil:
		return authenticateSOCKS(nc, user)
	case user == nil:
		return errors.New("the proxy requires a name and a password: add them to its URL")
	}
	return errors.New("the proxy does not accept authentication by name and password")
}

// authenticateSOCKS sends name and password (RFC 1929, section 2).
func authenticateSOCKS(nc io.ReadWriter, user *url.Userinfo) error {
	name := user.Username()
	password, _ := user.Password()
	if name == "" || len(name) > socksMaxText || len(password) > socksMaxText {
		return errors.New("the name for the proxy must have 1 to 255 bytes, and the password at most 255")
	}
	b := append([]byte{socksAuthVersion, byte(len(name))}, name...)
	b = append(append(b, byte(len(password))), password...)
	if _, err := nc.Write(b); err != nil {
		return err
	}
	var answer [2]byte
	if _, err := io.ReadFull(nc, answer[:]); err != nil {
		return err
	}
	if answer[1] != 0 {
		return errors.New("the proxy refused the name and password")
	}
	return nil
}

// socksRequest returns the request for a connection (RFC 1928, section 4).
func socksRequest(host, port string) ([]byte, error) {
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return nil, fmt.Errorf("the port %q is not a number up to 65535", port)
	}
	b := []byte{socksVersion, socksConnect, 0}
	switch address, err := netip.ParseAddr(host); {
	case err == nil && address.Is4():
		b = append(append(b, socksIPv4), address.AsSlice()...)
	case err == nil:
		b = append(append(b, socksIPv6), address.AsSlice()...)
	case len(host) > socksMaxText:
		return nil, errors.New("the host has more than 255 bytes, too many for a SOCKS proxy")
	default:
		b = append(append(b, socksName, byte(len(host))), host...)
	}
	return binary.BigEndian.AppendUint16(b, uint16(number)), nil
}

// socksFailures are the codes of a reply (RFC 1928, section 6).
var socksFailures = []string{
	1: "general failure", 2: "not allowed by its rules", 3: "network unreachable", 4: "host unreachable",
	5: "connection refused", 6: "TTL expired", 7: "command not supported", 8: "address type not supported",
}

// readSOCKSReply reads the reply, and no byte after it.
func readSOCKSReply(nc io.Reader, proxy string) error {
	var head [5]byte // the last byte is the first of the address
	if _, err := io.ReadFull(nc, head[:]); err != nil {
		return err
	}
	if code := int(head[1]); code != 0 {
		why := "unassigned code"
		if code < len(socksFailures) {
			why = socksFailures[code]
		}
		return fmt.Errorf("the proxy %s did not connect, code %d: %s", proxy, code, why)
	}
	rest := 2 // the port
	switch head[3] {
	case socksIPv4:
		rest += 4 - 1
	case socksIPv6:
		rest += 16 - 1
	case socksName:
		rest += int(head[4])
	default:
		return errors.New("the proxy's reply is not a reply of SOCKS version 5")
	}
	_, err := io.CopyN(io.Discard, nc, int64(rest))
	return err
}
