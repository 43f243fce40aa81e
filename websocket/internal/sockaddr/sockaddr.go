// Package sockaddr converts addresses of sockets.
package sockaddr

import (
	"net"
	"net/netip"
	"syscall"
)

// TCP converts an address of package syscall to one of package net.
func TCP(sa syscall.Sockaddr) net.Addr {
	if addr := Of(sa); addr.IsValid() {
		return net.TCPAddrFromAddrPort(addr)
	}
	return &net.TCPAddr{} // the connection has been reset
}

// Of converts an address of package syscall. The result is not valid if that is not one of IP.
func Of(sa syscall.Sockaddr) netip.AddrPort {
	switch a := sa.(type) {
	case *syscall.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port)) //nolint:gosec // a port has 16 bits
	case *syscall.SockaddrInet6:
		return netip.AddrPortFrom(addr6(a.Addr, a.ZoneId), uint16(a.Port)) //nolint:gosec // a port has 16 bits
	}
	return netip.AddrPort{}
}

// addr6 returns an IPv6 address, with the zone of this index; 0 means none.
func addr6(a [16]byte, zone uint32) netip.Addr {
	addr := netip.AddrFrom16(a).Unmap()
	if zone == 0 {
		return addr
	}
	if named, err := net.InterfaceByIndex(int(zone)); err == nil {
		addr = addr.WithZone(named.Name)
	}
	return addr
}
