package wiretest

import (
	"crypto/tls"
	"net"
	"sync"
)

// Wiretap keeps a copy of what is read from the TCP connection below TLS.
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

// AlertRecord is the type of a record that contains an alert (RFC 8446, section 5.1).
const AlertRecord = 21

// AlertsVisible returns a client configuration for TLS 1.2, where the type of a record is not encrypted.
func AlertsVisible() *tls.Config {
	config := ClientConfig()
	config.MaxVersion = tls.VersionTLS12
	return config
}

// LastRecord returns the type of the last TLS record that has been read.
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
