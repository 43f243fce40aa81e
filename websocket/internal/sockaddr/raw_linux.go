package sockaddr

import (
	"encoding/binary"
	"net/netip"
	"syscall"
	"unsafe"
)

// OfRaw converts an address that the kernel has written. The result is not valid if that is not one of IP.
func OfRaw(raw *syscall.RawSockaddrAny) netip.AddrPort {
	switch raw.Addr.Family {
	case syscall.AF_INET:
		a := (*syscall.RawSockaddrInet4)(unsafe.Pointer(raw))
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), hostOrder(a.Port))
	case syscall.AF_INET6:
		a := (*syscall.RawSockaddrInet6)(unsafe.Pointer(raw))
		return netip.AddrPortFrom(addr6(a.Addr, a.Scope_id), hostOrder(a.Port))
	}
	return netip.AddrPort{}
}

// hostOrder converts a port in the byte order of the network.
func hostOrder(port uint16) uint16 {
	var b [2]byte
	binary.NativeEndian.PutUint16(b[:], port)
	return binary.BigEndian.Uint16(b[:])
}
