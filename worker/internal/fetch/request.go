package fetch

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/worker/internal/web/contentcoding"
	"github.com/lingerws/linger/worker/internal/web/weburl"
)

// Request is a request of a script. Redirects change it.
type Request struct {
	method   string
	url      *weburl.URL
	redirect string // "follow", "error" or "manual"
	header   http.Header
	body     []byte // nil for none
	upgrade  bool   // the request asks for a WebSocket
	hops     int    // redirects that were followed
	decode   bool   // the script has set no Accept-Encoding, so content codings are undone for it
}

// derived are fields that follow from the URL, the body and the way in which the body is sent. Scripts cannot set
// them, nor the fields of one connection ([httprule.HopByHop]).
var derived = []string{"Expect", "Host", "Content-Length"}

// NewRequest returns a request. redirect is the request's redirect mode; body is nil for none; the header belongs to the
// request from now on. The error is a *[CallError].
func NewRequest(method, url, redirect string, header http.Header, body []byte) (*Request, error) {
	u, err := weburl.Parse(url, nil)
	if err != nil {
		return nil, &CallError{"fetch: " + err.Error()}
	}
	if !fetchable(u) {
		return nil, &CallError{"fetch: the scheme is " + u.Protocol() + ", and only http: and https: are supported"}
	}
	r := &Request{method: method, url: u, redirect: redirect, header: header, body: body}
	r.upgrade = strings.EqualFold(r.header.Get("Upgrade"), "websocket")
	if r.upgrade && (r.method != http.MethodGet || r.body != nil) { // RFC 6455, section 4.1
		return nil, &CallError{"fetch: a request for a WebSocket has the method GET and no body"}
	}
	httprule.Remove(r.header, httprule.HopByHop)
	httprule.Remove(r.header, derived)
	if r.header.Get("Accept") == "" { // Fetch Standard, section 4.1
		r.header.Set("Accept", "*/*")
	}
	if r.header.Get("User-Agent") == "" {
		r.header.Set("User-Agent", userAgent)
	}
	r.offerCodings()
	return r, nil
}

// Host returns the host of the URL, with its port if that is not the default.
func (r *Request) Host() string { return r.url.Host() }

// Upgrade reports whether the request asks for a WebSocket.
func (r *Request) Upgrade() bool { return r.upgrade }

// Size returns the length of the body in bytes.
func (r *Request) Size() int64 { return int64(len(r.body)) }

// offerCodings requests the content codings that can be undone. Others that the script has requested are removed: it
// could not read the answer.
func (r *Request) offerCodings() {
	given := r.header.Values("Accept-Encoding")
	r.decode = len(given) == 0
	switch {
	case !r.decode:
		r.header.Set("Accept-Encoding", contentcoding.Offer(given))
	case r.upgrade || r.method == http.MethodHead: // there is no body
	case r.header.Get("Range") != "": // Fetch Standard, section 4.6: a part of what is encoded cannot be decoded
		r.header.Set("Accept-Encoding", "identity")
	default:
		r.header.Set("Accept-Encoding", contentcoding.Accept)
	}
}

// userAgent is the User-Agent of requests without one (RFC 9110, section 10.1.5).
const userAgent = "linger"

func fetchable(u *weburl.URL) bool {
	return u.Protocol() == "http:" || u.Protocol() == "https:"
}

// request returns the HTTP request of the next hop.
func (r *Request) request(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	request, err := http.NewRequestWithContext(ctx, r.method, r.url.Protocol()+"//"+r.url.Host()+"/", body)
	if err != nil {
		return nil, err
	}
	request.Header = r.header
	setTarget(request.URL, r.url)
	return request, nil
}

// setTarget sets the path and the query of a URL exactly as the script's URL has them;
// net/url would encode some characters again.
func setTarget(to *url.URL, from *weburl.URL) {
	path := from.Pathname()
	to.RawQuery = strings.TrimPrefix(from.Search(), "?")
	if !strings.HasPrefix(path, "//") { // a path that begins with // would be read as a host
		to.Opaque = path
		return
	}
	to.Path, to.RawPath = path, path
	if plain, err := url.PathUnescape(path); err == nil {
		to.Path = plain
	}
}

// shownURL returns the URL as it appears in the answer: without its fragment.
func (r *Request) shownURL() string {
	href, _, _ := strings.Cut(r.url.Href(), "#")
	return href
}
