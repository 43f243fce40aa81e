package netaddr

import (
	"net"
	"net/netip"
	"strings"
)

// SplitHost returns the host of a Host field (RFC 9110, section 7.2), in lower case, without the brackets of an IPv6 address and
// without a trailing dot, and its port, which is empty if there is none.
func SplitHost(field string) (host, port string) {
	host, port, err := net.SplitHostPort(field)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(field, "["), "]"), ""
	}
	return strings.ToLower(strings.TrimSuffix(host, ".")), port
}

// IsRebindable reports whether a name server decides which machine a host is, so that a web page could make a name of its own the
// name of this machine (DNS rebinding). It is false for IP addresses, localhost, and the names below that (RFC 6761, section 6.3). The
// host has the form that [SplitHost] returns.
func IsRebindable(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return false
	}
	return host != "localhost" && !strings.HasSuffix(host, ".localhost")
}
