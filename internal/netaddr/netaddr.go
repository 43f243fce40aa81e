// Package netaddr converts IP addresses, networks and hosts to a canonical form, in which they can be compared.
package netaddr

import (
	"net/netip"
	"strings"
)

// Canonical returns the canonical form of an address: it converts an IPv4-mapped IPv6 address to IPv4, and removes the
// zone, which identifies an interface of this machine.
func Canonical(a netip.Addr) netip.Addr { return a.Unmap().WithZone("") }

// ParsePrefix parses a network such as 10.0.0.0/8 or fd00::/8, or an address, which is a network of one address. The
// result contains addresses in canonical form. The error is that of [netip.ParsePrefix].
func ParsePrefix(text string) (netip.Prefix, error) {
	if addr, err := netip.ParseAddr(text); err == nil && !strings.Contains(addr.Zone(), "/") { // ParseAddr accepts a zone with a slash
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
