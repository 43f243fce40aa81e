package accept

import (
	"errors"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/websocket/internal/proxyheader"
)

// arrival is a connection for net/http.
type arrival struct {
	file      *os.File
	header    *proxyheader.Header // nil unless a header has been read
	headed    bool                // the connection begins with a header
	promotion *promotion          // nil unless its first request is promoted
}

// fail closes a connection that net/http does not get.
func (a arrival) fail(err error) {
	_ = a.file.Close()
	if a.promotion != nil {
		a.promotion.fail(err)
	}
}

// open returns the connection. It has a duplicate of the descriptor.
func (a arrival) open() (net.Conn, error) { return net.FileConn(a.file) }

// remoteAddr returns the address of the client: that in the header, or from if it has none.
func (a arrival) remoteAddr(from netip.AddrPort) netip.AddrPort {
	if a.header != nil && a.header.Source.IsValid() {
		return netip.AddrPortFrom(a.header.Source.Addr().Unmap(), a.header.Source.Port())
	}
	return from
}

// withAddresses returns a connection with the addresses in its header, which it reads if that has not been done.
func (l *listener) withAddresses(conn net.Conn, a arrival) net.Conn {
	switch {
	case a.header != nil:
		return l.proxies.NewReadConn(conn, *a.header)
	case a.headed:
		return l.proxies.NewConn(conn)
	}
	return conn
}

// readProxyHeader reads the header with which a connection begins, and nothing after it. It returns nil, and reads nothing, if the
// header has not arrived completely.
func readProxyHeader(fd int) (*proxyheader.Header, error) {
	buf, _ := requestBuffers.Get().(*[4096]byte)
	defer requestBuffers.Put(buf)
	n, err := receive(fd, buf[:], unix.MSG_PEEK)
	if err != nil {
		return nil, nil //nolint:nilnil // nothing has arrived, or reading will fail again
	}
	header, size, err := proxyheader.Parse(buf[:n])
	if err != nil || size == 0 {
		return nil, err
	}
	n, err = receive(fd, buf[:size], 0)
	if err == nil && n < size {
		err = errors.New("the header of the PROXY protocol could not be read")
	}
	return &header, err
}
