// Package httprule holds rules of HTTP that clients, servers and proxies apply alike: which header fields belong to one
// connection, and what a redirect is. The standard is RFC 9110.
package httprule

import "net/http"

var (
	// HopByHop are the fields that describe one connection, not the message: RFC 9110, section 7.6.1. Those that the
	// Connection field names belong to them.
	HopByHop = []string{"Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

	// ProxyAuthentication are the fields with which a client and its proxy authenticate: RFC 9110, section 11.7. A proxy
	// does not forward them.
	ProxyAuthentication = []string{"Proxy-Authorization", "Proxy-Authenticate"}
)

// Remove removes the fields with the given names from h. The keys of h and the names are in canonical form.
func Remove(h http.Header, names []string) {
	for _, name := range names {
		delete(h, name)
	}
}
