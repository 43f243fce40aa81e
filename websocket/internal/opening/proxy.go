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
	errProxyScheme = errors.New("the scheme of the proxy must be http, https, socks5 or socks5h: use DialOptions.NetDial for other proxies")
	errProxySpoke  = errors.New("bytes arrived after the proxy's response, before the request was sent to the server")
)

// proxy returns the proxy for the request, or nil.
func (h *hop) proxy() (*url.URL, error) {
	choose := h.opts.Proxy
	if choose == nil {
		choose = http.ProxyFromEnvironment
	}
	target := *h.url
	target.Scheme = map[string]string{"ws": "http", "wss": "https"}[target.Scheme] // the schemes of http.ProxyFromEnvironment
	return choose(&http.Request{Method: http.MethodGet, URL: &target, Host: h.host, Header: http.Header{}})
}

// tunnel opens a tunnel to the server through a proxy (RFC 6455, section 4.1): with
// CONNECT (RFC 9110, section 9.3.6), or with SOCKS.
func (h *hop) tunnel(ctx context.Context, proxy *url.URL) (*transport, *Failure) {
	if proxy.Scheme != "http" && proxy.Scheme != "https" && !isSOCKS(proxy) {
		return nil, h.fail(PhaseProxy, errProxyScheme)
	}
	l, err := h.dial(ctx, proxy)
	if err != nil {
		return nil, h.fail(PhaseProxy, err)
	}
	if isSOCKS(proxy) {
		if err := h.connectSOCKS(l, proxy); err != nil {
			l.close()
			return nil, h.fail(PhaseProxy, err)
		}
		return l, nil
	}
	if proxy.Scheme == "https" {
		config := h.tlsConfig("")
		config.ServerName = hostname(proxy) // a name in the options is that of the server
		if err := l.startTLS(ctx, config); err != nil {
			l.close()
			return nil, h.fail(PhaseProxy, err)
		}
	}
	if failure := h.connectHTTP(l, proxy); failure != nil {
		l.close()
		return nil, failure
	}
	return l, nil
}

func (h *hop) connectHTTP(l *transport, proxy *url.URL) *Failure {
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
	case r.Buffered() > 0: // the server sends nothing before the request (RFC 6455, section 4.1)
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
