package worker

import (
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/lingerws/linger/internal/netaddr"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// scriptRequest returns a request for the script, with another header. target is its absolute URL.
func (a *App) scriptRequest(r *http.Request, target string, header http.Header) *script.Request {
	return &script.Request{Method: r.Method, URL: target, Header: script.Header{Host: hostOf(r), Fields: header, RemoteIP: a.server.RemoteIP(r)}}
}

// requestURL returns the absolute URL of a request (RFC 9112, section 3.3) for the script, or a refusal if it has none that
// new URL(event.request.url) would accept.
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
	text, err := serialized(&u)
	if err != nil {
		return "", &handshake.Refusal{
			Reason: handshake.ReasonHost, Status: http.StatusBadRequest,
			Text: fmt.Sprintf("Host is not the host of a URL: %v; send it as host or host:port", err),
		}
	}
	return text, nil
}

// targetOf returns the request target, empty where it has no path: with OPTIONS * and CONNECT the URL of the request is
// that of its host (RFC 9110, section 7.1).
func targetOf(r *http.Request) string {
	if r.Method == http.MethodConnect || r.Method == http.MethodOptions && r.RequestURI == "*" {
		return ""
	}
	return r.RequestURI
}

// serialized returns a URL in the form of new URL(...).href (Fetch Standard, section 5.4), so that path and query are the
// same for a script that parses the text and one that does not. The error is that of the URL parser.
func serialized(u *url.URL) (string, error) {
	text := u.Scheme + "://" + u.Host + escaped(pathOf(u))
	if u.RawQuery != "" || u.ForceQuery {
		text += "?" + escaped(u.RawQuery)
	}
	parsed, err := weburl.Parse(text, nil)
	if err != nil {
		return "", err
	}
	return parsed.Href(), nil
}

// pathOf returns the path as it was received. url.URL.EscapedPath would encode it again if it has a character that need
// not be encoded, such as a vertical bar.
func pathOf(u *url.URL) string {
	if plain, err := url.PathUnescape(u.RawPath); err == nil && u.RawPath != "" && plain == u.Path {
		return u.RawPath
	}
	return u.EscapedPath()
}

// escaped encodes as %XX the bytes that a URL parser would interpret: those outside of ASCII, which need not be UTF-8, the
// beginning of a fragment, which requests do not have, and a backslash, which would become a slash.
func escaped(text string) string {
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

// hostOf returns the host of a request. A request of HTTP/1.0 may have none; then it is the local address of the
// connection.
func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return netip.AddrPortFrom(netaddr.Canonical(local.AddrPort().Addr()), local.AddrPort().Port()).String()
	}
	return "localhost"
}

// withLength returns the header of a request with the length of its body, also if that came in chunks. The script gets
// the whole body, and libraries that bound a body use this field.
func withLength(r *http.Request, body []byte) http.Header {
	if body == nil || r.ContentLength >= 0 {
		return r.Header
	}
	shown := maps.Clone(r.Header)
	shown["Content-Length"] = []string{strconv.Itoa(len(body))}
	return shown
}

// asHandshake returns the header of an opening handshake with "websocket" as the value of Upgrade, in lower case and without
// the other protocols that a client may list (RFC 6455, section 4.2.1): scripts compare it with this text.
func asHandshake(header http.Header) http.Header {
	shown := http.Header{}
	maps.Copy(shown, header)
	shown["Upgrade"] = []string{"websocket"}
	return shown
}
