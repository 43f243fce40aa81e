package admin

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/lingerws/linger/internal/netaddr"
)

// guard decides which requests are served.
type guard struct {
	token  [sha256.Size]byte // the hash of Options.Token
	open   bool              // no token is needed
	hosts  []string
	origin *http.CrossOriginProtection
}

func newGuard(opts Options) guard {
	hosts := make([]string, 0, len(opts.Hosts))
	for _, host := range opts.Hosts {
		hosts = append(hosts, strings.ToLower(host))
	}
	return guard{
		token: sha256.Sum256([]byte(opts.Token)), open: opts.Token == "",
		hosts: hosts, origin: http.NewCrossOriginProtection(),
	}
}

var (
	wrongHost = &apiError{http.StatusMisdirectedRequest, "wrong_host",
		"the Host of the request names another machine: use localhost or the IP address"}
	wrongOrigin = &apiError{http.StatusForbidden, "wrong_origin", "requests of pages of other origins are refused"}
	wrongToken  = &apiError{http.StatusUnauthorized, "bad_token",
		"a token is needed: send it as Authorization: Bearer TOKEN"}
)

// check returns why a request is refused, or nil.
//
// Three kinds of web pages must not reach the handler, because a browser on the operator's machine can connect to it: pages of other
// origins, pages whose own host name resolves to this machine (DNS rebinding), and, with a token, all that do not have the token.
func (g *guard) check(r *http.Request) *apiError {
	switch {
	case g.open && !isLocal(r) && !g.isOwnHost(r.Host):
		return wrongHost
	case !isPage(r) && !g.isOwnOrigin(r):
		return wrongOrigin
	case !isPublic(r) && !g.open && !g.hasToken(r):
		return wrongToken
	}
	return nil
}

// isLocal reports whether a request has come through a Unix socket, to which no browser connects.
func isLocal(r *http.Request) bool {
	_, local := r.Context().Value(http.LocalAddrContextKey).(*net.UnixAddr)
	return local
}

// isPage reports whether the request is for the dashboard's page, to which other pages may link.
func isPage(r *http.Request) bool {
	return r.URL.Path == "/" && (r.Method == http.MethodGet || r.Method == http.MethodHead)
}

// isPublic reports whether a request needs no token: for the page, which asks for the token, and for the probes of a supervisor.
func isPublic(r *http.Request) bool {
	return isPage(r) || r.URL.Path == "/livez" || r.URL.Path == "/readyz"
}

// isOwnHost reports whether a Host field names this machine in a way that no name server can redirect.
func (g *guard) isOwnHost(field string) bool {
	host, _ := netaddr.SplitHost(field)
	return host == "" || !netaddr.IsRebindable(host) || slices.Contains(g.hosts, host) // browsers always send a host
}

// isOwnOrigin reports whether a request was not sent by a page of another origin. It is checked for all methods: some that are safe
// cost something, such as a profile, and a WebSocket is opened with GET.
func (g *guard) isOwnOrigin(r *http.Request) bool {
	unsafe := *r
	unsafe.Method = http.MethodPost
	return g.origin.Check(&unsafe) == nil
}

// tokenProtocol is the prefix of the subprotocol with which a page sends the token for a WebSocket, in base64url: browsers cannot
// send Authorization there, and a URL may be logged.
const tokenProtocol = "linger.token."

// hasToken reports whether a request has the token.
func (g *guard) hasToken(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") {
		return g.isToken([]byte(token))
	}
	for _, field := range r.Header.Values("Sec-WebSocket-Protocol") {
		for protocol := range strings.SplitSeq(field, ",") {
			encoded, ok := strings.CutPrefix(strings.TrimSpace(protocol), tokenProtocol)
			if token, err := base64.RawURLEncoding.DecodeString(encoded); ok && err == nil && g.isToken(token) {
				return true
			}
		}
	}
	return false
}

// isToken compares in a time that depends on the length of the given token only.
func (g *guard) isToken(token []byte) bool {
	given := sha256.Sum256(token)
	return subtle.ConstantTimeCompare(given[:], g.token[:]) == 1
}
