package handshake

import (
	"fmt"
	"strings"
)

// OriginPolicy decides from which web pages browsers may connect: a browser lets any page open a WebSocket to any
// server, with the user's cookies, and leaves it to the server to say no. RFC 6455, section 10.2.
//
// The zero value admits pages of the same host only. Requests without Origin do not come from a web page and always
// pass.
type OriginPolicy struct {
	patterns []pattern
}

// NewOriginPolicy returns a policy that admits, beside pages of the same host, every origin that fits one of the
// patterns. A pattern is [scheme://]host[:port], where * in the host stands for any characters:
//
//	https://*.example.com   every host below example.com, at any depth, https on its default port
//	example.com:8080        this host and port, http or https
//	localhost:*             this host on any port, http or https
//	capacitor://localhost   another scheme must be named
//	chrome-extension://*    any extension
//	file://                 pages from files in Chromium, Electron and Android; qrc:// and others without host alike
//	null                    pages without an origin of their own: sandboxed frames, and files in Firefox
//	*                       any origin, null included
//
// Without a port the default port of the scheme is meant. Letters of ASCII match in either case; everything else
// is compared as it comes, so an international name is written as browsers send it, beginning with xn--. The error
// names the first pattern that cannot be read, or that no origin can fit, and says what to write instead.
func NewOriginPolicy(patterns ...string) (OriginPolicy, error) {
	var policy OriginPolicy
	for _, text := range patterns {
		p, err := parsePattern(text)
		if err != nil {
			return OriginPolicy{}, err
		}
		policy.patterns = append(policy.patterns, p)
	}
	return policy, nil
}

// Check returns nil if the request may connect, and the refusal to answer with if not. RFC 6455, section 4.2.2.
func (p OriginPolicy) Check(r Request) *Refusal {
	values := r.Header[originKey]
	if len(values) == 0 {
		return nil
	}
	if len(values) > 1 {
		return forbidden("Origin is repeated; it may come once")
	}
	if p.admits(trim(values[0]), r.Host) {
		return nil
	}
	return forbidden(fmt.Sprintf("Pages of origin %.100q may not connect to host %.100q; "+
		"its operator can admit this origin", values[0], r.Host))
}

func (p OriginPolicy) admits(text, host string) bool {
	o, ok := parseOrigin(text)
	if ok && o.sameHost(host) {
		return true
	}
	for _, pattern := range p.patterns {
		if pattern.any || ok && pattern.fits(o) {
			return true
		}
	}
	return false
}

func forbidden(text string) *Refusal {
	return &Refusal{Reason: ReasonOrigin, Status: statusForbidden, Text: text}
}

// origin is a parsed Origin in lower case. The origin "null" has neither scheme nor host; some schemes, such as file,
// have no host.
type origin struct {
	scheme string
	host   string
	port   string // never empty for http and https
}

// parseOrigin reads the value of Origin. RFC 6454, section 7. A scheme without a host is sent as file:// or as qrc:,
// which mean the same.
func parseOrigin(text string) (origin, bool) {
	if text == "null" {
		return origin{}, true
	}
	text = lowerASCII(text)
	if scheme, alone := strings.CutSuffix(strings.TrimSuffix(text, "//"), ":"); alone && isScheme(scheme) && !isWeb(scheme) {
		return origin{scheme: scheme}, true
	}
	scheme, authority, found := cutScheme(text)
	if !found || !isScheme(scheme) || strings.Contains(text, "*") {
		return origin{}, false
	}
	host, port, ok := splitPort(authority)
	if !ok {
		return origin{}, false
	}
	return origin{scheme, host, portOr(port, scheme)}, true
}

// sameHost compares with the Host field, where a missing port is the default one of the page's scheme: behind a
// proxy that ends TLS, the server itself cannot tell which scheme the page's own request had.
func (o origin) sameHost(host string) bool {
	if !isWeb(o.scheme) {
		return false // the host of another scheme is a name in another world
	}
	name, port, ok := splitPort(lowerASCII(host))
	return ok && name == o.host && portOr(port, o.scheme) == o.port
}

func isWeb(scheme string) bool { return scheme == "http" || scheme == "https" }

func portOr(port, scheme string) string {
	switch {
	case port != "":
		return port
	case scheme == "http":
		return "80"
	case scheme == "https":
		return "443"
	}
	return ""
}
