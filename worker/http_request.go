package worker

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/lingerws/linger/internal/netaddr"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// scriptRequest returns the request that the script gets for r, with the given absolute URL and header.
func (a *App) scriptRequest(r *http.Request, target string, header http.Header) *script.Request {
	return &script.Request{Method: r.Method, URL: target, Header: script.Header{Host: hostOf(r), Fields: header, RemoteIP: a.server.RemoteIP(r)}}
}

// requestURL returns the absolute URL of a request (RFC 9112, section 3.3) in the form of new URL(...).href, or a refusal if the
// URL is not valid.
func (a *App) requestURL(r *http.Request) (string, *handshake.Refusal) {
	host := hostOf(r)
	if refusal := handshake.CheckTarget(handshake.Request{
		Target: targetOf(r), Host: host, Header: r.Header, ProtoMajor: r.ProtoMajor, ContentLength: r.ContentLength,
	}); refusal != nil {
		return "", refusal
	}
	u := url.URL{Scheme: "http", Host: host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery, ForceQuery: r.URL.ForceQuery}
	if a.server.Secure(r) {
		u.Scheme = "https"
	}
	text, err := serializeURL(&u)
	if err != nil {
		return "", &handshake.Refusal{
			Reason: handshake.ReasonHost, Status: http.StatusBadRequest,
			Text: fmt.Sprintf("Host is not the host of a URL: %v; send it as host or host:port", err),
		}
	}
	return text, nil
}

// targetOf returns the request target. It returns "" for OPTIONS * and CONNECT, whose targets have no path: the URL of such a
// request is that of its host (RFC 9110, section 7.1).
func targetOf(r *http.Request) string {
	if r.Method == http.MethodConnect || r.Method == http.MethodOptions && r.RequestURI == "*" {
		return ""
	}
	return r.RequestURI
}

// serializeURL returns a URL in the form of new URL(...).href (Fetch Standard, section 5.4), so that a script that parses the
// text gets the same path and query as one that compares it. The error is that of the URL parser.
func serializeURL(u *url.URL) (string, error) {
	text := u.Scheme + "://" + u.Host + escapeForParser(pathOf(u))
	if u.RawQuery != "" || u.ForceQuery {
		text += "?" + escapeForParser(u.RawQuery)
	}
	parsed, err := weburl.Parse(text, nil)
	if err != nil {
		return "", err
	}
	return parsed.Href(), nil
}

// pathOf returns the path as it was received. url.URL.EscapedPath would encode it again if it contains certain characters, such
// as a vertical bar.
func pathOf(u *url.URL) string {
	if plain, err := url.PathUnescape(u.RawPath); err == nil && u.RawPath != "" && plain == u.Path {
		return u.RawPath
	}
	return u.EscapedPath()
}

// escapeForParser encodes as %XX the bytes that a URL parser would change: those outside of ASCII, which need not be UTF-8; #,
// which would begin a fragment; and a backslash, which would become a slash.
func escapeForParser(text string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(text) {
		if c < 0x80 && c != '#' && c != '\\' {
			b.WriteByte(c)
		} else {
			b.Write([]byte{'%', hex[c>>4], hex[c&15]})
		}
	}
	return b.String()
}

// hostOf returns the host of a request. A request of HTTP/1.0 may have none; then the local address of the connection is
// returned.
func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return netip.AddrPortFrom(netaddr.Canonical(local.AddrPort().Addr()), local.AddrPort().Port()).String()
	}
	return "localhost"
}

// asHandshake returns the header of an opening handshake with Upgrade set to "websocket", because scripts compare it with this
// text. A client may send it in other cases and with other protocols (RFC 6455, section 4.2.1).
func asHandshake(header http.Header) http.Header {
	shown := http.Header{}
	maps.Copy(shown, header)
	shown["Upgrade"] = []string{"websocket"}
	return shown
}
