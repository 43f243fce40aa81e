package websocket

import (
	"errors"
	"maps"
	"net/http"
	"net/textproto"
)

var (
	errRedirects   = errors.New("the server redirects more often than DialOptions.MaxRedirects allows")
	errLocation    = errors.New("the server redirects to what is no URL of a WebSocket")
	errNotSecure   = errors.New("the server redirects from wss to ws, which would give up the protection of TLS")
	notForStranger = map[string]bool{ // fields with which somebody else could act for the user
		"Authorization": true, "Proxy-Authorization": true, "Www-Authenticate": true, "Cookie": true, "Cookie2": true,
	}
)

// redirected returns the request that a refusal leads to, if it is a redirect that
// may be followed (RFC 6455, section 4.1, answer rule 1), or the refusal.
func (h *hop) redirected(refusal *DialError, followed int) (*hop, *DialError) {
	location := refusal.Header.Get("Location")
	if refusal.Phase != PhaseCheck || !isRedirect(refusal.Status) || location == "" || h.opts.MaxRedirects <= 0 {
		return nil, refusal
	}
	next, err := h.follow(location)
	if err == nil && followed >= h.opts.MaxRedirects {
		err = errRedirects
	}
	if err != nil {
		refusal.Err = err
		return nil, refusal
	}
	return next, nil
}

// isRedirect tells whether a status sends a GET elsewhere: RFC 9110, section 15.4.
func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// follow returns the request for a Location. What is secret between the user and
// one server is not told to another, nor to any after it.
func (h *hop) follow(location string) (*hop, error) {
	u, err := h.url.Parse(location)
	if err != nil || checkTarget(u) != nil {
		return nil, errLocation
	}
	u.User, u.Fragment, u.RawFragment = nil, "", "" // neither is the server's to choose, nor travels
	if h.url.Scheme == "wss" && u.Scheme == "ws" {
		return nil, errNotSecure
	}
	next := &hop{opts: h.opts, url: u, host: h.host, header: h.header}
	if !sameOrigin(h.url, u) {
		next.host = hostField(u)
		next.header = maps.Clone(h.header)
		maps.DeleteFunc(next.header, func(name string, _ []string) bool {
			return notForStranger[textproto.CanonicalMIMEHeaderKey(name)]
		})
	}
	return next, nil
}
