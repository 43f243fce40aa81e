package proxy

import (
	"net"
	"net/http"
	"strings"

	"github.com/lingerws/linger/internal/forwarding"
	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/protocol/handshake"
)

// handshakeFields are the fields of the opening handshake that do not begin with handshakePrefix. Each connection has
// its own handshake, whose Origin and Host are options of the dial.
var handshakeFields = []string{"Origin", "Host", "Content-Length"}

// handshakePrefix is the prefix, in lower case, of the fields of the opening handshake in RFC 6455, section 11.3, and in
// older drafts. These fields are hop-by-hop.
const handshakePrefix = "sec-websocket-"

// forwarded returns the fields of a request for a backend. Forwarding fields of a trusted proxy are kept, those of
// other peers are removed, and the peer of this request is added.
func forwarded(r *http.Request, trusted bool) http.Header {
	h := endToEnd(r.Header)
	if !trusted {
		forwarding.Strip(h)
	}
	if peer, _, err := net.SplitHostPort(r.RemoteAddr); err == nil { // a peer on a Unix socket has no address
		h.Set("X-Forwarded-For", strings.Join(append(h.Values("X-Forwarded-For"), peer), ", "))
	}
	if h.Get("User-Agent") == "" {
		h["User-Agent"] = nil // driver.Dial would add its own
	}
	if h.Get("X-Forwarded-Host") == "" {
		h.Set("X-Forwarded-Host", r.Host)
	}
	if h.Get("X-Forwarded-Proto") == "" {
		h.Set("X-Forwarded-Proto", "http")
		if r.TLS != nil {
			h.Set("X-Forwarded-Proto", "https")
		}
	}
	return h
}

// hostFor returns the value of Host for a backend: that of the client, or an empty string for the host of the backend's
// URL.
func (h *Handler) hostFor(r *http.Request) string {
	if h.options().BackendHost {
		return ""
	}
	return r.Host
}

// originFor returns the value of Origin for a backend. If Host is replaced with the backend's host, so is the host in the
// origin of pages of the host that the client used. A backend that compares the two fields thus admits the same pages in
// both cases (RFC 6455, section 10.2).
func (h *Handler) originFor(to *backend, r *http.Request) string {
	origin := r.Header.Get("Origin")
	sameHost := handshake.OriginPolicy{}.Check(handshake.Request{Host: r.Host, Header: r.Header}) == nil
	if !h.options().BackendHost || origin == "" || !sameHost {
		return origin
	}
	return "http" + strings.TrimPrefix(to.url.Scheme, "ws") + "://" + to.url.Host
}

// endToEnd returns the fields that are neither hop-by-hop nor part of the handshake.
func endToEnd(from http.Header) http.Header {
	h := from.Clone()
	if h == nil {
		h = http.Header{}
	}
	for _, list := range from.Values("Connection") { // lists further hop-by-hop fields
		for name := range strings.SplitSeq(list, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	httprule.Remove(h, httprule.HopByHop)
	httprule.Remove(h, httprule.ProxyAuthentication)
	httprule.Remove(h, handshakeFields)
	for name := range h {
		if strings.HasPrefix(strings.ToLower(name), handshakePrefix) {
			delete(h, name)
		}
	}
	return h
}
