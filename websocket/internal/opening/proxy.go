package opening

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"github.com/lingerws/linger/internal/httprule"
)

var (
	errProxyScheme = errors.New("the proxy's scheme is none of http, https, socks5 and socks5h: reach other proxies with DialOptions.NetDial")
	errProxySpoke  = errors.New("bytes came behind the proxy's answer, before the server was asked anything")
)

// proxy returns the proxy to use, or nil.
func (h *hop) proxy() (*url.URL, error) {
	choose := h.opts.Proxy
	if choose == nil {
		choose = http.ProxyFromEnvironment
	}
	target := *h.url
	target.Scheme = map[string]string{"ws": "http", "wss": "https"}[target.Scheme] // as proxies are chosen
	return choose(&http.Request{Method: http.MethodGet, URL: &target, Host: h.host, Header: http.Header{}})
}

// tunnel reaches the server through a proxy: RFC 6455, section 4.1. One that speaks HTTP
// is asked with CONNECT: RFC 9110, section 9.3.6.
func (h *hop) tunnel(ctx context.Context, proxy *url.URL) (*link, *Failure) {
	if proxy.Scheme != "http" && proxy.Scheme != "https" && !isSOCKS(proxy) {
		return nil, h.fail(PhaseProxy, errProxyScheme)
	}
	l, err := h.dial(ctx, proxy)
	if err != nil {
		return nil, h.fail(PhaseProxy, err)
	}
	if isSOCKS(proxy) {
		if err := h.askSOCKS(l, proxy); err != nil {
			l.close()
			return nil, h.fail(PhaseProxy, err)
		}
		return l, nil
	}
	if proxy.Scheme == "https" {
		config := h.tlsConfig("")
		config.ServerName = hostname(proxy) // a name in the options is the server's
		if err := l.startTLS(ctx, config); err != nil {
			l.close()
			return nil, h.fail(PhaseProxy, err)
		}
	}
	if failure := h.askTunnel(l, proxy); failure != nil {
		l.close()
		return nil, failure
	}
	return l, nil
}

func (h *hop) askTunnel(l *link, proxy *url.URL) *Failure {
	if _, err := l.nc.Write(h.connectRequest(proxy)); err != nil {
		return h.fail(PhaseProxy, err)
	}
	r := newResponseReader(l.nc)
	answer, err := r.read(http.MethodConnect) //nolint:bodyclose // its body is the tunnel
	switch {
	case err != nil:
		return h.fail(PhaseProxy, err)
	case answer.StatusCode/100 != 2:
		err := fmt.Errorf("the proxy %s answered CONNECT with status %d", proxy.Host, answer.StatusCode)
		body, cut := r.excerpt(l, answer, 0)
		return h.refused(PhaseProxy, answer, body, cut, err)
	case r.Buffered() > 0: // RFC 6455, section 4.1: a server waits for the request
		return h.fail(PhaseProxy, errProxySpoke)
	}
	return nil
}

func (h *hop) connectRequest(proxy *url.URL) []byte {
	authority := net.JoinHostPort(hostname(h.url), portOf(h.url))
	b := httprule.AppendField([]byte("CONNECT "+authority+" HTTP/1.1\r\n"), "Host", authority)
	if proxy.User != nil {
		b = httprule.AppendField(b, "Proxy-Authorization", basic(proxy.User))
	}
	return append(b, "\r\n"...)
}
