package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"

	"github.com/lingerws/linger/cmd/linger/internal/certs"
	"github.com/lingerws/linger/cmd/linger/internal/listen"
	"github.com/lingerws/linger/internal/netaddr"
	"github.com/lingerws/linger/metrics"
	"github.com/lingerws/linger/websocket"
)

// listeners are the listeners of a server, and their certificates.
type listeners struct {
	list         []listen.Listener // the address of each has a scheme
	sockets      []socket          // below those of list
	certificates *certs.Store      // nil without TLS
	redirects    bool              // requests without TLS are redirected
	counter      entryCounter      // counts what is refused before it is a request
	domain       string            // the host of the printed URLs with TLS; empty means that of the address
}

// openListeners listens on all addresses, or on the sockets that were passed to the process. folder is that of stored data.
func (f entryFlags) openListeners(passed *listen.Passed, folder string, counter entryCounter, log *slog.Logger) (*listeners, error) {
	list, unused, err := listen.Open(context.Background(), f.addresses(), passed, listen.Loopback(defaultPort))
	if err != nil {
		return nil, err
	}
	if len(unused) > 0 {
		log.Warn("sockets that the process was started with are not served: add them to --listen", "sockets", strings.Join(unused, " "))
	}
	for i, l := range list {
		list[i].Address.Scheme = f.scheme(l)
	}
	ls := &listeners{list: list, redirects: f.TLSRedirect, counter: counter}
	if err := f.checkSchemes(list); err != nil {
		return nil, errors.Join(err, ls.close())
	}
	if ls.certificates, err = f.certificates(list, folder, log); err != nil {
		return nil, errors.Join(err, ls.close())
	}
	if len(f.ACMEDomain) > 0 {
		ls.domain = f.ACMEDomain[0]
	}
	for i, l := range list {
		pausable := websocket.NewPausableListener(l.Listener)
		ls.sockets = append(ls.sockets, socket{role: l.Address.Role(), given: l.Listener, pausable: pausable})
		list[i].Listener = f.readProxyHeaders(pausable, log, counter.HeaderRefused)
		if l.Address.Scheme == listen.HTTPS {
			list[i].Listener = tls.NewListener(list[i].Listener, ls.certificates.TLSConfig())
		}
	}
	return ls, nil
}

// close closes the listeners, and ends the renewal of their certificates.
func (ls *listeners) close() error {
	ls.release()
	return listen.Close(ls.list)
}

// release ends the renewal of certificates, after a server has closed the listeners.
func (ls *listeners) release() {
	if ls.certificates != nil {
		ls.certificates.Close()
	}
}

// ends returns the names and the ends of the certificates, for metrics. It may be called on nil.
func (ls *listeners) ends() (list []metrics.Certificate) {
	if ls == nil || ls.certificates == nil {
		return nil
	}
	for _, c := range ls.certificates.Certificates() {
		list = append(list, metrics.Certificate{Name: certificateName(c.Leaf), NotAfter: c.Leaf.NotAfter})
	}
	return list
}

// certificateName returns the first name in a certificate.
func certificateName(c *x509.Certificate) string {
	switch {
	case len(c.DNSNames) > 0:
		return c.DNSNames[0]
	case len(c.IPAddresses) > 0:
		return c.IPAddresses[0].String()
	}
	return c.Subject.CommonName
}

// reloadCertificates reads the files of certificates, which are named by the flags f of a reload. The function that it returns puts
// them in place. After an error all certificates stay as they were. Certificates do not turn TLS on: that needs other listeners.
func (ls *listeners) reloadCertificates(f entryFlags) (use func(), err error) {
	if ls.certificates == nil || !f.encrypts() {
		return func() {}, nil
	}
	return ls.certificates.Reload(f.pairs())
}

// handler returns the handler of requests to a listener, most of which next serves.
func (ls *listeners) handler(l listen.Listener, next http.Handler) http.Handler {
	if l.Address.Scheme == listen.HTTPS || ls.certificates == nil {
		return next
	}
	if ls.redirects && l.Addr().Network() == "tcp" {
		next = redirectTo(portOf(ls.list, listen.HTTPS))
	}
	return ls.certificates.HTTPChallenge(next)
}

// redirectTo returns a handler that redirects requests to the same URL with https and a port.
func redirectTo(port int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _ := netaddr.SplitHost(r.Host)
		if host == "" {
			http.Error(w, "the request has no host: use https", http.StatusBadRequest)
			return
		}
		w.Header().Set("Connection", "close") // the next request is for another port
		http.Redirect(w, r, httpsURL(host, strconv.Itoa(port))+r.URL.RequestURI(), http.StatusPermanentRedirect)
	})
}

// httpsURL returns the URL of a host and a port, without a path.
func httpsURL(host, port string) string {
	if port == standardPort(true) {
		return "https://" + strings.TrimSuffix(net.JoinHostPort(host, ""), ":")
	}
	return "https://" + net.JoinHostPort(host, port)
}

// urls returns where clients on this machine reach the listeners: URLs, and paths of Unix sockets.
func (ls *listeners) urls() string {
	list := make([]string, 0, len(ls.list))
	for _, l := range ls.list {
		list = append(list, ls.url(l))
	}
	return strings.Join(list, ", ")
}

// url returns the URL at which a browser reaches a listener, or unix: and the path of its socket.
func (ls *listeners) url(l listen.Listener) string {
	plain := listenerURL(l)
	address, hasHost := strings.CutPrefix(strings.TrimSuffix(plain, "/"), "http://")
	host, port, _ := net.SplitHostPort(address)
	if l.Address.Scheme != listen.HTTPS || !hasHost {
		return plain
	}
	if ls.domain != "" {
		host = ls.domain
	}
	return httpsURL(host, port) + "/"
}

// listenerURL returns the URL at which a browser on this machine reaches a listener without TLS, or unix: and the path of its socket.
func listenerURL(listener net.Listener) string {
	address := listener.Addr().String()
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return "unix:" + address
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port) + "/"
}
