package proxy

import (
	"errors"
	"net/url"
	"strings"
)

// The reasons for which a request target cannot be passed on. A client reads them.
var (
	errTargetForm   = errors.New("the request target is not a path: send GET /path HTTP/1.1")
	errTargetDotted = errors.New("the path has a segment . or .., plain or percent-encoded: send the path that it leads to")
)

// target returns the URL for a request. The bytes of its path and query follow those of the backend's URL as they are
// (RFC 9110, section 7.7), so empty segments count (RFC 3986, section 3.3) and so does an empty query. Bytes that RFC
// 3986 does not allow there are percent-encoded. A request for / alone names no path of its own.
func (one *backend) target(request *url.URL) (string, error) {
	path, err := pathOf(request)
	if err != nil {
		return "", err
	}
	base := one.url.EscapedPath()
	if path != "" && path != "/" {
		base = strings.TrimSuffix(base, "/")
	} else {
		path = ""
	}
	server := url.URL{Scheme: one.url.Scheme, User: one.url.User, Host: one.url.Host}
	return server.String() + base + path + one.queryFor(request), nil
}

// queryFor returns the query for a request with its question mark, if there is one.
func (one *backend) queryFor(request *url.URL) string {
	own, query := one.url.RawQuery, encode(request.RawQuery, isQueryByte)
	switch {
	case own == "" && query == "" && !request.ForceQuery && !one.url.ForceQuery:
		return ""
	case own != "" && query != "":
		return "?" + own + "&" + query
	}
	return "?" + own + query
}

// pathOf returns the path of a request as it came.
func pathOf(request *url.URL) (string, error) {
	if request.Opaque != "" || request.Path != "" && request.Path[0] != '/' {
		return "", errTargetForm
	}
	path := request.RawPath // which a program may have left as it was when it changed Path
	if decoded, err := url.PathUnescape(path); err != nil || decoded != request.Path {
		path = request.EscapedPath()
	}
	if hasDotSegment(path) {
		return "", errTargetDotted
	}
	return encode(path, isPathByte), nil
}

// separators writes a path as the most tolerant server may read it before it removes dot segments (RFC 3986, section
// 5.2.4): with escapes of dots and slashes decoded, backslashes as slashes, and parameters cut off.
var separators = strings.NewReplacer(
	"%2e", ".", "%2E", ".",
	"%2f", "/", "%2F", "/",
	`\`, "/", "%5c", "/", "%5C", "/",
	"%3b", ";", "%3B", ";",
)

// hasDotSegment reports whether a path could lead out of the backend's own. What it leads to is for the client to
// say: a proxy that resolved it would change the path, and one that passed it on would leave the end of the path that
// an operator has chosen to the backend.
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

// isPathByte reports whether c may stand in a path: RFC 3986, section 3.3, and the brackets, which net/url allows.
func isPathByte(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("-._~!$&'()*+,;=:@/[]%", c) >= 0
}

// isQueryByte reports whether c can stand in the query of a request line: RFC 9112, section 3.2. Servers take more
// than RFC 3986, section 3.4, allows.
func isQueryByte(c byte) bool { return c > ' ' && c < 0x7F && c != '#' }
