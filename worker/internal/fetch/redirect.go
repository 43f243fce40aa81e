package fetch

import (
	"net/http"

	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/worker/internal/web/textcodec"
	"github.com/lingerws/linger/worker/internal/web/weburl"
)

const maxRedirects = 20 // Fetch Standard, section 4.4

// followRedirect reports whether the answer is a redirect that is to be followed; if so, it changes the
// request into the next one (Fetch Standard, section 4.4).
func (r *Request) followRedirect(answer *http.Response) (bool, error) {
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
	case r.redirects >= maxRedirects:
		return false, errRedirects
	case to.Username() != "" || to.Password() != "":
		return false, errCredentials
	case r.stream != nil && answer.StatusCode != http.StatusSeeOther: // Fetch Standard, section 4.4
		return false, errUnrepeatable
	}
	r.redirects++
	r.convertToGet(answer.StatusCode)
	if to.Origin() != r.url.Origin() {
		r.header = httprule.WithoutCredentials(r.header)
	}
	r.url = to
	return true, nil
}

// bodyFields are the fields that describe a body: Fetch Standard, section 2.2.2, "request-body-header name".
var bodyFields = []string{"Content-Encoding", "Content-Language", "Content-Location", "Content-Type"}

// convertToGet makes the request a GET without a body if the Fetch Standard, section 4.4, requires it.
func (r *Request) convertToGet(status int) {
	post := r.method == http.MethodPost && (status == http.StatusMovedPermanently || status == http.StatusFound)
	seeOther := status == http.StatusSeeOther && r.method != http.MethodGet && r.method != http.MethodHead
	if post || seeOther {
		r.method, r.body, r.stream = http.MethodGet, nil, nil
		httprule.Remove(r.header, bodyFields)
	}
}
