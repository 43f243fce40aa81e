package wiretest

import (
	"crypto/tls"
	"net"
	"sync"
)

// wiretap keeps what arrives on the TCP below TLS.
type Wiretap struct {
	net.Conn
	mu sync.Mutex
	In []byte
}

func (w *Wiretap) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.In = append(w.In, p[:n]...)
	return n, err
}

// alertRecord is the type of a record that holds an alert: RFC 8446, section 5.1.
const AlertRecord = 21

// alertsVisible returns a configuration of TLS 1.2, where the type of a record can
// be seen from outside.
func AlertsVisible() *tls.Config {
	config := ClientConfig()
	config.MaxVersion = tls.VersionTLS12
	return config
}

// lastRecord returns the type of the last TLS record that arrived.
func (w *Wiretap) LastRecord() (last byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for b := w.In; len(b) >= 5; {
		last = b[0]
		size := int(b[3])<<8 | int(b[4])
		b = b[min(len(b), 5+size):]
	}
	return last
}
