package opening

import (
	"errors"

	"github.com/lingerws/linger/internal/httprule"
)

// Redirects that are not followed.
var (
	ErrRedirects = errors.New("the server redirects more often than DialOptions.MaxRedirects allows")
	ErrLocation  = errors.New("the server redirects to a Location that is not the URL of a WebSocket")
	ErrNotSecure = errors.New("the server redirects from wss to ws, which would give up the protection of TLS")
)

// redirected returns the request for the Location of a refusal if that is a redirect and
// may be followed (RFC 6455, section 4.1, rule 1 for the response), and the refusal
// otherwise.
func (h *hop) redirected(refusal *Failure, followed int) (*hop, *Failure) {
	location := refusal.Header.Get("Location")
	if refusal.Phase != PhaseCheck || !httprule.IsRedirect(refusal.Status) || location == "" || h.opts.MaxRedirects <= 0 {
		return nil, refusal
	}
	next, err := h.follow(location)
	if err == nil && followed >= h.opts.MaxRedirects {
		err = ErrRedirects
	}
	if err != nil {
		refusal.Err = err
		return nil, refusal
	}
	return next, nil
}

// follow returns the request for a Location. Credentials are not sent to another origin,
// nor after a redirect from there.
func (h *hop) follow(location string) (*hop, error) {
	u, err := h.url.Parse(location)
	if err != nil || checkTarget(u) != nil {
		return nil, ErrLocation
	}
	u.User, u.Fragment, u.RawFragment = nil, "", "" // a server must not choose credentials, and a fragment is not sent
	if h.url.Scheme == "wss" && u.Scheme == "ws" {
		return nil, ErrNotSecure
	}
	next := &hop{opts: h.opts, url: u, host: h.host, header: h.header}
	if !sameOrigin(h.url, u) {
		next.host = hostField(u)
		next.header = httprule.WithoutCredentials(h.header)
	}
	return next, nil
}
