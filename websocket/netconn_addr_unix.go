//go:build unix

package websocket

import "net"

func (t *rawTransport) addrs() (local, remote net.Addr) {
	return t.nc.LocalAddr(), t.nc.RemoteAddr()
}
