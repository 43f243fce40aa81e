package worker

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

// outgoingRequest is a request of the script, and what redirects make of it.
type outgoingRequest struct {
	method   string
	url      *weburl.URL
	redirect string // "follow", "error" or "manual"
	header   http.Header
	body     []byte // nil for none
	upgrade  bool   // to a WebSocket
	hops     int    // redirects that were followed
	decode   bool   // the script has not asked for content codings, so it gets none
}

// derived are fields that follow from the URL, the body and the way in which the body is sent. A script does not set
// them, and neither does it set those of one connection ([httprule.HopByHop]).
var derived = []string{"Expect", "Host", "Content-Length"}

// newOutgoingRequest makes a request of what the module passes: method, URL, redirect
// mode, a flat list of header fields, and the body.
func newOutgoingRequest(args arguments) (*outgoingRequest, error) {
	u, err := weburl.Parse(args.at(1).String(), nil)
	if err != nil {
		return nil, typeError("fetch: " + err.Error())
	}
	if !fetchable(u) {
		return nil, typeError("fetch: " + u.Protocol() + " is none of the schemes it knows, http: and https:")
	}
	r := &outgoingRequest{method: args.at(0).String(), url: u, redirect: args.at(2).String(), header: wireHeader(args.at(3)), body: args.at(4).Content()}
	r.upgrade = strings.EqualFold(r.header.Get("Upgrade"), "websocket")
	if r.upgrade && (r.method != http.MethodGet || r.body != nil) { // RFC 6455, section 4.1
		return nil, typeError("fetch: a request for a WebSocket has the method GET and no body")
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

// offerCodings asks for the content codings that can be undone. What the script asks for beyond those is not sent on: it
// could not read the answer.
func (r *outgoingRequest) offerCodings() {
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

// userAgent is what requests of the script say that they come from, unless it says something else (RFC 9110, section
// 10.1.5).
const userAgent = "linger"

func fetchable(u *weburl.URL) bool {
	return u.Protocol() == "http:" || u.Protocol() == "https:"
}

// request makes the request of this hop.
func (r *outgoingRequest) request(ctx context.Context) (*http.Request, error) {
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

// setTarget gives a URL the path and the query exactly as the script's URL has them:
// net/url would encode some of it once more.
func setTarget(to *url.URL, from *weburl.URL) {
	path := from.Pathname()
	to.RawQuery = strings.TrimPrefix(from.Search(), "?")
	if !strings.HasPrefix(path, "//") { // which would be read as a host
		to.Opaque = path
		return
	}
	to.Path, to.RawPath = path, path
	if plain, err := url.PathUnescape(path); err == nil {
		to.Path = plain
	}
}

// shown is the URL as the answer tells it: without its fragment.
func (r *outgoingRequest) shown() string {
	href, _, _ := strings.Cut(r.url.Href(), "#")
	return href
}
