package proxy

import (
	"net"
	"net/http"
	"strings"
)

// perHop are the fields that are meant for one connection only: RFC 9110, section 7.6.1.
var perHop = []string{"Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade", "Proxy-Authorization", "Proxy-Authenticate"}

// ownOfHandshake are the fields of the opening handshake, which each connection makes
// for itself; Origin and Host are options of it.
var ownOfHandshake = []string{
	"Sec-Websocket-Key", "Sec-Websocket-Version", "Sec-Websocket-Extensions", "Sec-Websocket-Protocol", "Sec-Websocket-Accept",
	"Origin", "Host", "Content-Length",
}

// forwarded returns the fields of a request for a backend.
func forwarded(r *http.Request) http.Header {
	h := endToEnd(r.Header)
	client, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		client = r.RemoteAddr
	}
	if before := h.Values("X-Forwarded-For"); len(before) > 0 {
		client = strings.Join(before, ", ") + ", " + client
	}
	h.Set("X-Forwarded-For", client)
	h.Set("X-Forwarded-Host", r.Host)
	h.Set("X-Forwarded-Proto", "http")
	if r.TLS != nil {
		h.Set("X-Forwarded-Proto", "https")
	}
	return h
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
	for _, name := range perHop {
		h.Del(name)
	}
	for _, name := range ownOfHandshake {
		h.Del(name)
	}
	return h
}
