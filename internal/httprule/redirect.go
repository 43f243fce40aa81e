package httprule

import (
	"maps"
	"net/http"
	"net/textproto"
)

// IsRedirect reports whether a response with this status redirects the client to the URL in its Location field (RFC 9110,
// section 15.4). 300, which offers a choice, and 304, which concerns the client's cache, are not redirects.
func IsRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// credentials are the fields with which a server could impersonate the user (RFC 9110, section 15.4).
var credentials = map[string]bool{
	"Authorization": true, "Proxy-Authorization": true, "Www-Authenticate": true, "Cookie": true, "Cookie2": true,
}

// WithoutCredentials returns a copy of h without the fields that must not be sent to another origin when a request is
// redirected. The keys of h need not be in canonical form.
func WithoutCredentials(h http.Header) http.Header {
	kept := maps.Clone(h)
	maps.DeleteFunc(kept, func(name string, _ []string) bool { return credentials[textproto.CanonicalMIMEHeaderKey(name)] })
	return kept
}
