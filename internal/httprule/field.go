// Package httprule has rules of HTTP (RFC 9110) that clients, servers and proxies share: which header fields are
// hop-by-hop, how a field is written, and what a redirect is.
package httprule

import "net/http"

var (
	// HopByHop are the fields of one connection, which are not forwarded (RFC 9110, section 7.6.1). The fields that
	// Connection lists are hop-by-hop too.
	HopByHop = []string{"Connection", "Proxy-Connection", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade"}

	// ProxyAuthentication are the fields for authentication between a client and its proxy (RFC 9110, section 11.7). A
	// proxy does not forward them.
	ProxyAuthentication = []string{"Proxy-Authorization", "Proxy-Authenticate"}
)

// Remove removes the fields with the given names from h. The keys of h and the names are in canonical form.
func Remove(h http.Header, names []string) {
	for _, name := range names {
		delete(h, name)
	}
}
