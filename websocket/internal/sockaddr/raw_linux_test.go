package sockaddr

import (
	"net/netip"
	"syscall"
	"testing"
	"unsafe"
)

func TestOfRaw(t *testing.T) {
	for _, want := range []string{"127.0.0.1:80", "255.1.2.3:65535", "[2001:db8::1]:258", "[fe80::1%lo]:1"} {
		addr := netip.MustParseAddrPort(want)
		var raw syscall.RawSockaddrAny
		port := hostOrder(addr.Port())
		if addr.Addr().Is4() {
			*(*syscall.RawSockaddrInet4)(unsafe.Pointer(&raw)) = syscall.RawSockaddrInet4{Family: syscall.AF_INET, Port: port, Addr: addr.Addr().As4()}
		} else {
			in6 := syscall.RawSockaddrInet6{Family: syscall.AF_INET6, Port: port, Addr: addr.Addr().As16()}
			if addr.Addr().Zone() != "" {
				in6.Scope_id = 1 // the loopback interface is the first one
			}
			*(*syscall.RawSockaddrInet6)(unsafe.Pointer(&raw)) = in6
		}
		if got := OfRaw(&raw); got.String() != want {
			t.Errorf("the address is %s; got %s", want, got)
		}
	}
	mapped := syscall.RawSockaddrInet6{Family: syscall.AF_INET6, Port: hostOrder(80), Addr: netip.MustParseAddr("::ffff:10.0.0.1").As16()}
	var raw syscall.RawSockaddrAny
	*(*syscall.RawSockaddrInet6)(unsafe.Pointer(&raw)) = mapped
	if got := OfRaw(&raw); got.String() != "10.0.0.1:80" {
		t.Errorf("an IPv4 client of a listener for IPv6 has its IPv4 address; got %s", got)
	}
	if got := OfRaw(new(syscall.RawSockaddrAny)); got.IsValid() {
		t.Errorf("an address without a family must be invalid; got %s", got)
	}
}
