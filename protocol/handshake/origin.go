package handshake

import (
	"fmt"
	"strings"
)

// OriginPolicy decides which web pages may connect. A browser allows any page to open a WebSocket to any server, with
// the user's cookies, so the server must check the origin (RFC 6455, section 10.2).
//
// The zero value admits pages of the same host only. Requests without Origin, which do not come from a web page, are
// always admitted.
type OriginPolicy struct {
	patterns []pattern
}

// NewOriginPolicy returns a policy that admits pages of the same host and all origins that match one of the patterns. A
// pattern is [scheme://]host[:port], where * in the host matches any characters:
//
//	https://*.example.com   every host below example.com, at any depth, https on its default port
//	example.com:8080        this host and port, http or https
//	localhost:*             this host on any port, http or https
//	capacitor://localhost   a scheme other than http and https, which must be included
//	chrome-extension://*    any extension of Chrome
//	file://                 pages from files in Chromium, Electron and Android; likewise qrc:// and other schemes without hosts
//	null                    pages with an opaque origin: sandboxed frames, and files in Firefox
//	*                       any origin, null included
//
// A pattern without a port matches the default port of the scheme. ASCII letters match in either case. Other characters
// must be equal, so an international name must have the form that browsers send, which begins with xn--. An error is
// returned for the first pattern that is invalid or that no origin can match.
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

// Check returns nil if the policy admits the request, and a refusal otherwise (RFC 6455, section 4.2.2).
func (p OriginPolicy) Check(r Request) *Refusal {
	values := r.Header[originKey]
	if len(values) == 0 {
		return nil
	}
	if len(values) > 1 {
		return forbidden("Origin is repeated; send it once")
	}
	if p.admits(trim(values[0]), r.Host) {
		return nil
	}
	return forbidden(fmt.Sprintf("Pages of origin %.100q may not connect to host %.100q; "+
		"the operator of the server can admit this origin", values[0], r.Host))
}

func (p OriginPolicy) admits(text, host string) bool {
	o, ok := parseOrigin(text)
	if ok && o.sameHost(host) {
		return true
	}
	for _, pattern := range p.patterns {
		if pattern.anyOrigin || ok && pattern.matches(o) {
			return true
		}
	}
	return false
}

func forbidden(text string) *Refusal {
	return &Refusal{Reason: ReasonOrigin, Status: statusForbidden, Text: text}
}

// origin is a parsed value of Origin in lower case.
type origin struct {
	scheme string // empty for "null"
	host   string // empty for "null" and for schemes without hosts, such as file
	port   string // not empty for http and https
}

// parseOrigin parses a value of Origin (RFC 6454, section 7). Browsers send a scheme without a host with or without
// slashes, as file:// or qrc:, with the same meaning.
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

// sameHost reports whether the origin has the given host, a value of Host. If that has no port, it is the default port
// of the origin's scheme: with a proxy that terminates TLS, the server does not know the scheme of the request.
func (o origin) sameHost(host string) bool {
	if !isWeb(o.scheme) {
		return false // hosts of other schemes are not comparable
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
