// Package netaddr gives IP addresses and networks one form, in which they can be compared.
package netaddr

import (
	"net/netip"
	"strings"
)

// Canonical returns the form of an address in which addresses are compared: an IPv4 address mapped into IPv6 is an IPv4
// address, and there is no zone, which names an interface of this machine.
func Canonical(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// ParsePrefix reads a network such as 10.0.0.0/8 or fd00::/8, or an address, which is a network of its own. The network
// contains the canonical forms of its addresses. The error is that of [netip.ParsePrefix].
func ParsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && !strings.Contains(addr.Zone(), "/") { // which would be a length
		addr = Canonical(addr)
		return netip.PrefixFrom(addr, addr.BitLen()), nil
	}
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	if addr, bits := prefix.Addr(), prefix.Bits()-96; addr.Is4In6() && bits >= 0 {
		prefix = netip.PrefixFrom(addr.Unmap(), bits)
	}
	return prefix.Masked(), nil
}
