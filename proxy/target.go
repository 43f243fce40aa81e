package proxy

import (
	"errors"
	"net/url"
	"strings"
)

// The reasons for which a request target cannot be forwarded. They are sent to the client.
var (
	errTargetForm   = errors.New("the request target is not a path: send GET /path HTTP/1.1")
	errTargetDotted = errors.New("the path has a segment . or .., plain or percent-encoded: send the path that it leads to")
)

// target returns the URL for a request. The path and query of the request are appended unchanged to those of the
// backend's URL (RFC 9110, section 7.7), including empty segments (RFC 3986, section 3.3) and an empty query. Bytes that
// RFC 3986 does not allow are percent-encoded. For a request of / the path is that of the backend's URL.
func (b *backend) target(request *url.URL) (string, error) {
	path, err := pathOf(request)
	if err != nil {
		return "", err
	}
	base := b.url.EscapedPath()
	if path != "" && path != "/" {
		base = strings.TrimSuffix(base, "/")
	} else {
		path = ""
	}
	server := url.URL{Scheme: b.url.Scheme, User: b.url.User, Host: b.url.Host}
	return server.String() + base + path + b.queryFor(request), nil
}

// queryFor returns the query for a request, with the question mark, or an empty string.
func (b *backend) queryFor(request *url.URL) string {
	own, query := b.url.RawQuery, encode(request.RawQuery, isQueryByte)
	switch {
	case own == "" && query == "" && !request.ForceQuery && !b.url.ForceQuery:
		return ""
	case own != "" && query != "":
		return "?" + own + "&" + query
	}
	return "?" + own + query
}

// pathOf returns the path of a request as it was sent.
func pathOf(request *url.URL) (string, error) {
	if request.Opaque != "" || request.Path != "" && request.Path[0] != '/' {
		return "", errTargetForm
	}
	path := request.RawPath // out of date if a program has changed only Path
	if decoded, err := url.PathUnescape(path); err != nil || decoded != request.Path {
		path = request.EscapedPath()
	}
	if hasDotSegment(path) {
		return "", errTargetDotted
	}
	return encode(path, isPathByte), nil
}

// separators converts a path to the form in which the most tolerant server may interpret it before it removes dot segments
// (RFC 3986, section 5.2.4): with escaped dots, slashes and semicolons decoded, and backslashes as slashes.
var separators = strings.NewReplacer(
	"%2e", ".", "%2E", ".",
	"%2f", "/", "%2F", "/",
	`\`, "/", "%5c", "/", "%5C", "/",
	"%3b", ";", "%3B", ";",
)

// hasDotSegment reports whether a path could lead outside of the path of the backend's URL. Such a path is refused: if the
// proxy resolved it, it would change the path, and if it forwarded it, the backend could serve paths that the operator has
// not exposed.
func hasDotSegment(path string) bool {
	for segment := range strings.SplitSeq(separators.Replace(path), "/") {
		segment, _, _ = strings.Cut(segment, ";")
		if segment == "." || segment == ".." {
			return true
		}
	}
	return false
}

// encode percent-encodes the bytes that are not allowed.
func encode(text string, allowed func(byte) bool) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(text) {
		if c := text[i]; allowed(c) {
			b.WriteByte(c)
		} else {
			b.WriteByte('%')
			b.WriteByte(hex[c>>4])
			b.WriteByte(hex[c&15])
		}
	}
	return b.String()
}

// isPathByte reports whether a path may contain c (RFC 3986, section 3.3, and brackets, which net/url allows).
func isPathByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-._~!$&'()*+,;=:@/[]%", c) >= 0
}

// isQueryByte reports whether the query in a request line can contain c (RFC 9112, section 3.2). Servers accept more than
// RFC 3986, section 3.4, allows.
func isQueryByte(c byte) bool { return c > ' ' && c < 0x7F && c != '#' }
