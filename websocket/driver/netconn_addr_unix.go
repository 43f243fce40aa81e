//go:build unix

package driver

import "net"

func (t *rawTransport) addrs() (local, remote net.Addr) {
	return t.nc.LocalAddr(), t.nc.RemoteAddr()
}
