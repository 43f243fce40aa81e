package fetch

import (
	"net/http"

	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/worker/internal/web/textcodec"
	"github.com/lingerws/linger/worker/internal/web/weburl"
)

const maxRedirects = 20 // Fetch Standard, section 4.4

// redirected changes the request into the next one and returns true if the answer is a redirect
// that is to be followed (Fetch Standard, section 4.4).
func (r *Request) redirected(answer *http.Response) (bool, error) {
	location := answer.Header.Get("Location")
	if !httprule.IsRedirect(answer.StatusCode) || r.redirect == "manual" {
		return false, nil
	}
	if r.redirect == "error" {
		return false, errRedirected
	}
	if location == "" {
		return false, nil
	}
	to, err := weburl.Parse(textcodec.Lossy(location), r.url)
	switch {
	case err != nil || !fetchable(to):
		return false, errLocation
	case r.hops >= maxRedirects:
		return false, errRedirects
	case to.Username() != "" || to.Password() != "":
		return false, errCredentials
	}
	r.hops++
	r.rewrite(answer.StatusCode)
	if to.Origin() != r.url.Origin() {
		r.header = httprule.WithoutCredentials(r.header)
	}
	r.url = to
	return true, nil
}

// ofBody are the fields that describe a body: Fetch Standard, section 2.2.2, "request-body-header name".
var ofBody = []string{"Content-Encoding", "Content-Language", "Content-Location", "Content-Type"}

// rewrite makes the request a GET without a body where the Fetch Standard, section 4.4, requires it.
func (r *Request) rewrite(status int) {
	posted := r.method == http.MethodPost && (status == http.StatusMovedPermanently || status == http.StatusFound)
	other := status == http.StatusSeeOther && r.method != http.MethodGet && r.method != http.MethodHead
	if posted || other {
		r.method, r.body = http.MethodGet, nil
		httprule.Remove(r.header, ofBody)
	}
}
