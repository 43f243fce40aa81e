package httprule

import (
	"maps"
	"net/http"
	"net/textproto"
)

// IsRedirect reports whether a response with this status sends the client to the URL in its Location field: RFC 9110,
// section 15.4. 300 does not, because the client has a choice there, and 304 is about the client's own copy.
func IsRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// credentials are the fields with which a server could act for the user: RFC 9110, section 15.4.
var credentials = map[string]bool{
	"Authorization": true, "Proxy-Authorization": true, "Www-Authenticate": true, "Cookie": true, "Cookie2": true,
}

// WithoutCredentials returns a copy of the header of a request for a redirect to another origin, without the fields that
// are secrets between the user and the first origin. The keys of h need not be in canonical form.
func WithoutCredentials(h http.Header) http.Header {
	kept := maps.Clone(h)
	maps.DeleteFunc(kept, func(name string, _ []string) bool { return credentials[textproto.CanonicalMIMEHeaderKey(name)] })
	return kept
}
