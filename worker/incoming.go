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
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/web/textcodec"
	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// requestFacts are what a module is given of a request: the event's number, method, URL, header and the client's address.
func (a *App) requestFacts(id int, r *http.Request, target string, header http.Header) []engine.Value {
	remote := a.server.RemoteIP(r)
	return []engine.Value{
		engine.Int(id), engine.String(r.Method), engine.String(target),
		headerList(hostOf(r), header, remote), addressText(remote),
	}
}

// requestURL returns the absolute URL of a request (RFC 9112, section 3.3) as the script sees it, or the refusal of one
// that has none: for a script that would be an exception of new URL(event.request.url).
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

// serialized returns a URL as new URL(...).href has it (Fetch Standard, section 5.4), so that a script that looks at the
// text sees the same path and query as one that parses it. The error says why it is not a URL.
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

// pathOf returns the path as it came, where url.URL.EscapedPath would encode it anew if it has a character that need not
// be encoded, such as a vertical bar.
func pathOf(u *url.URL) string {
	if plain, err := url.PathUnescape(u.RawPath); err == nil && u.RawPath != "" && plain == u.Path {
		return u.RawPath
	}
	return u.EscapedPath()
}

// escaped writes the bytes as %XX that a URL parser would take for something else: what is not ASCII, since it need not be
// UTF-8, the beginning of a fragment, which no request has, and a backslash, which would be a slash.
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

// hostOf returns the host that a request names. A request of HTTP/1.0 need not name one; then it is the address that the
// client has reached.
func hostOf(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	if local, ok := r.Context().Value(http.LocalAddrContextKey).(*net.TCPAddr); ok {
		return netip.AddrPortFrom(netaddr.Canonical(local.AddrPort().Addr()), local.AddrPort().Port()).String()
	}
	return "localhost"
}

// headerList returns fields as a flat list of names and values. CF-Connecting-IP is how scripts for Cloudflare Workers find
// the client's address, so what a client sends in it is replaced by the address, and dropped where there is none.
func headerList(host string, header http.Header, remote netip.Addr) engine.Value {
	list := make([]engine.Value, 0, 2*len(header)+4)
	list = append(list, engine.String("host"), byteString(host))
	if remote.IsValid() {
		list = append(list, engine.String(connectingIP), addressText(remote))
	}
	for name, values := range header {
		if strings.EqualFold(name, connectingIP) {
			continue
		}
		for _, value := range values {
			list = append(list, engine.String(name), byteString(value))
		}
	}
	return engine.List(list...)
}

const connectingIP = "cf-connecting-ip"

// addressText returns an address, and the empty text for one that is not known.
func addressText(a netip.Addr) engine.Value {
	if !a.IsValid() {
		return engine.String("")
	}
	return engine.String(a.String())
}

// withLength returns the header of a request with the length of its body, also if that came in chunks. The script gets
// the body whole, and what bounds a body by this field, as libraries do, needs it.
func withLength(r *http.Request, body engine.Value) http.Header {
	if body.Kind() != engine.KindBytes || r.ContentLength >= 0 {
		return r.Header
	}
	shown := maps.Clone(r.Header)
	shown["Content-Length"] = []string{strconv.Itoa(len(body.Bytes()))}
	return shown
}

// asHandshake returns the header of an opening handshake with "websocket" as Upgrade, however the client has written that
// and whatever else it would take (RFC 6455, section 4.2.1): scripts compare it with this text.
func asHandshake(header http.Header) http.Header {
	shown := http.Header{}
	maps.Copy(shown, header)
	shown["Upgrade"] = []string{"websocket"}
	return shown
}

// byteString returns a text with one code unit for each byte: the values of fields are bytes (Fetch Standard, section
// 2.2.2).
func byteString(value string) engine.Value {
	if isASCII(value) {
		return engine.String(value)
	}
	return engine.String(textcodec.FromLatin1([]byte(value)))
}

// wireHeader returns the fields of a flat list of names and values as they travel: each code unit of a value is a byte.
func wireHeader(list engine.Value) http.Header {
	header := http.Header{}
	for i, values := 0, list.List(); i+1 < len(values); i += 2 {
		name, value := values[i].String(), values[i+1].String()
		if isASCII(value) {
			header.Add(name, value)
		} else if b, ok := textcodec.Latin1(value); ok { // Headers takes nothing else
			header.Add(name, string(b))
		}
	}
	return header
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
