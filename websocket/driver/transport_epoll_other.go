//go:build !linux

package driver

import "net"

// newEpollTransport returns false, because only Linux has epoll.
func newEpollTransport(net.Conn, *LoopGroup) (notifyingTransport, bool) { return nil, false }

func newDescriptorTransport(int, *LoopGroup) (notifyingTransport, bool) { return nil, false }
