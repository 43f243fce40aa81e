package forwarding

import (
	"bytes"
	"net/http"
)

// fields are the names of forwarding fields in lower case, except those that begin with familyPrefix. docs/proxy.md has
// the same list.
var fields = map[string]bool{
	"forwarded":                true, // RFC 7239
	"forwarded-for":            true,
	"client-ip":                true,
	"cluster-client-ip":        true,
	"remote-addr":              true,
	"remote-ip":                true,
	"true-client-ip":           true,
	"x-client-ip":              true,
	"x-cluster-client-ip":      true,
	"x-host":                   true,
	"x-original-forwarded-for": true,
	"x-original-host":          true,
	"x-original-proto":         true,
	"x-original-url":           true,
	"x-original-uri":           true,
	"x-proxyuser-ip":           true,
	"x-real-ip":                true,
	"x-real-port":              true,
	"x-remote-addr":            true,
	"x-remote-ip":              true,
	"x-rewrite-url":            true,
	"x-scheme":                 true,
	"x-true-client-ip":         true,
	"x-url-scheme":             true,
	"front-end-https":          true,

	// Fields of single products.
	"cf-connecting-ip":          true, // Cloudflare
	"cf-connecting-ipv6":        true,
	"cf-ipcountry":              true,
	"cf-pseudo-ipv4":            true,
	"cf-visitor":                true,
	"cloudfront-viewer-address": true,
	"fastly-client-ip":          true,
	"fastly-ssl":                true,
	"fly-client-ip":             true,
	"fly-forwarded-port":        true,
	"fly-forwarded-proto":       true,
	"fly-forwarded-ssl":         true,
	"x-appengine-user-ip":       true,
	"x-arr-ssl":                 true, // IIS
	"x-azure-clientip":          true,
	"x-azure-socketip":          true,
	"x-envoy-external-address":  true,
	"x-nf-client-connection-ip": true, // Netlify
	"x-vercel-forwarded-for":    true,
}

// familyPrefix is the prefix of X-Forwarded-For, X-Forwarded-Proto and all similar fields.
const familyPrefix = "x-forwarded"

// IsField reports whether name is that of a forwarding field: one that contains the address of the client, or the
// scheme, host, port or URL that the client used. An underscore is equivalent to a hyphen, because servers that pass
// fields to programs as variables (CGI, WSGI) do not distinguish them.
func IsField(name string) bool {
	var buffer [longest]byte // avoids an allocation, since every field of every request is looked up
	plain := buffer[:0]
	for i := range min(len(name), longest) {
		plain = append(plain, plainByte(name[i]))
	}
	return len(name) <= longest && fields[string(plain)] || bytes.HasPrefix(plain, []byte(familyPrefix))
}

// longest is at least the length of every name in fields.
const longest = 32

// plainByte returns the form of c that is used in fields.
func plainByte(c byte) byte {
	switch {
	case c == '_':
		return '-'
	case 'A' <= c && c <= 'Z':
		return c + 'a' - 'A'
	}
	return c
}

// Strip removes all forwarding fields. It is for requests of peers that are not trusted proxies.
func Strip(h http.Header) {
	for name := range h {
		if IsField(name) {
			delete(h, name)
		}
	}
}
