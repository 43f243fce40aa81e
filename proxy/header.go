package proxy

import (
	"net"
	"net/http"
	"strings"

	"github.com/lingerws/linger/internal/forwarding"
	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/protocol/handshake"
)

// ownOfHandshake are fields of the opening handshake, which each connection makes for itself, beside those that begin
// with handshakePrefix. Origin and Host are options of it.
var ownOfHandshake = []string{"Origin", "Host", "Content-Length"}

// handshakePrefix begins, in lower case, the names of the fields that RFC 6455, section 11.3, has for the opening
// handshake, and of those that older drafts had. A field of this kind speaks of one connection.
const handshakePrefix = "sec-websocket-"

// forwarded returns the fields of a request for a backend. Forwarding fields of a trusted proxy are kept, those of
// other peers are removed, and the peer of this request is added.
func forwarded(r *http.Request, trusted bool) http.Header {
	h := endToEnd(r.Header)
	if _, sent := h["User-Agent"]; !sent {
		h["User-Agent"] = nil // none is added on the client's behalf
	}
	if !trusted {
		forwarding.Strip(h)
	}
	if peer, _, err := net.SplitHostPort(r.RemoteAddr); err == nil { // a peer on a Unix socket has no address
		h.Set("X-Forwarded-For", strings.Join(append(h.Values("X-Forwarded-For"), peer), ", "))
	}
	if h.Get("User-Agent") == "" {
		h["User-Agent"] = nil // otherwise the field would name the proxy
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

// hostFor returns the Host field for a backend: the client's, or an empty string for that of the backend's URL.
func (h *Handler) hostFor(r *http.Request) string {
	if h.opts.BackendHost {
		return ""
	}
	return r.Host
}

// originFor returns the Origin field for a backend. A page of the host that the client used is a page of the backend's
// own host where that takes the place of the client's, so that a backend which compares the two admits the same pages
// either way (RFC 6455, section 10.2).
func (h *Handler) originFor(to *backend, r *http.Request) string {
	origin := r.Header.Get("Origin")
	ofSameHost := handshake.OriginPolicy{}.Check(handshake.Request{Host: r.Host, Header: r.Header}) == nil
	if !h.opts.BackendHost || origin == "" || !ofSameHost {
		return origin
	}
	return "http" + strings.TrimPrefix(to.url.Scheme, "ws") + "://" + to.url.Host
}

// endToEnd returns the fields that are not of one connection or of one handshake.
func endToEnd(from http.Header) http.Header {
	h := from.Clone()
	if h == nil {
		h = http.Header{}
	}
	for _, list := range from.Values("Connection") { // which names others
		for name := range strings.SplitSeq(list, ",") {
			h.Del(strings.TrimSpace(name))
		}
	}
	httprule.Remove(h, httprule.HopByHop)
	httprule.Remove(h, httprule.ProxyAuthentication)
	httprule.Remove(h, ownOfHandshake)
	for name := range h {
		if strings.HasPrefix(strings.ToLower(name), handshakePrefix) {
			delete(h, name)
		}
	}
	return h
}
