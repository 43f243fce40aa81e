package fetch

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
	method    string
	url       *weburl.URL
	redirect  string // "follow", "error" or "manual"
	header    http.Header
	body      []byte        // the complete body; nil if the request has none, or a stream
	stream    io.ReadCloser // the body that is sent while it is read; nil for none
	length    int64         // the length of stream; -1 if it is unknown
	upgrade   bool          // the request asks for a WebSocket
	handler   http.Handler  // answers instead of a server; nil for none
	redirects int           // the number of redirects that were followed
	decode    bool          // content codings are undone, because the script has not set Accept-Encoding
}

// forbidden are fields that scripts cannot set, in addition to hop-by-hop fields: their values follow from the URL and the
// body.
var forbidden = []string{"Expect", "Host", "Content-Length"}

// NewRequest returns a request, which owns header. redirect is the redirect mode of the Fetch Standard; body is nil for
// none. The text of the error is for the script.
func NewRequest(method, url, redirect string, header http.Header, body []byte) (*Request, error) {
	u, err := weburl.Parse(url, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch: %w", err)
	}
	if !fetchable(u) {
		return nil, fmt.Errorf("fetch: the scheme is %s, and only http: and https: are supported", u.Protocol())
	}
	r := &Request{method: method, url: u, redirect: redirect, header: header, body: body}
	r.upgrade = strings.EqualFold(r.header.Get("Upgrade"), "websocket")
	if r.upgrade && (r.method != http.MethodGet || r.body != nil) { // RFC 6455, section 4.1
		return nil, errHandshakeBody
	}
	httprule.Remove(r.header, httprule.HopByHop)
	httprule.Remove(r.header, forbidden)
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

// Size returns the length in bytes of a complete body.
func (r *Request) Size() int64 { return int64(len(r.body)) }

// SetStream sets a body that is sent while it is read, and its length, -1 if it is unknown. The body is closed when it is not
// needed any more, on any goroutine. The text of the error is for the script; then body was not set.
func (r *Request) SetStream(body io.ReadCloser, length int64) error {
	if r.upgrade {
		return errHandshakeBody
	}
	r.stream, r.length = body, length
	return nil
}

// SetContent sets a complete body. The text of the error is for the script.
func (r *Request) SetContent(body []byte) error {
	if r.upgrade {
		return errHandshakeBody
	}
	r.body = body
	return nil
}

// Close closes the body of a request that is not sent.
func (r *Request) Close() {
	if r.stream != nil {
		_ = r.stream.Close()
	}
}

var errHandshakeBody = errors.New("fetch: a request for a WebSocket has the method GET and no body")

// offerCodings sets Accept-Encoding to the content codings that can be undone. Others that the script has requested are
// removed, because it could not read the answer.
func (r *Request) offerCodings() {
	requested := r.header.Values("Accept-Encoding")
	r.decode = len(requested) == 0
	switch {
	case !r.decode:
		r.header.Set("Accept-Encoding", contentcoding.Offer(requested))
	case r.upgrade || r.method == http.MethodHead: // there is no body
	case r.header.Get("Range") != "": // Fetch Standard, section 4.6: a part of what is encoded cannot be decoded
		r.header.Set("Accept-Encoding", "identity")
	default:
		r.header.Set("Accept-Encoding", contentcoding.Accept)
	}
}

// userAgent is the default User-Agent (RFC 9110, section 10.1.5).
const userAgent = "linger"

// fetchable reports whether the scheme of a URL is supported.
func fetchable(u *weburl.URL) bool {
	return u.Protocol() == "http:" || u.Protocol() == "https:"
}

// request returns the HTTP request for the current URL.
func (r *Request) request(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	switch {
	case r.body != nil:
		body = bytes.NewReader(r.body)
	case r.stream != nil:
		body = r.stream
	}
	request, err := http.NewRequestWithContext(ctx, r.method, r.url.Protocol()+"//"+r.url.Host()+"/", body)
	if err != nil {
		r.Close()
		return nil, err
	}
	if r.stream != nil {
		request.ContentLength = r.length
	}
	request.Header = r.header
	setTarget(request.URL, r.url)
	if r.handler != nil {
		setPath(request.URL, r.url.Pathname())
	}
	return request, nil
}

// setTarget copies the path and the query of the script's URL unchanged. net/url would encode some
// characters again.
func setTarget(to *url.URL, from *weburl.URL) {
	path := from.Pathname()
	to.RawQuery = strings.TrimPrefix(from.Search(), "?")
	if !strings.HasPrefix(path, "//") { // a path that begins with // would be read as a host
		to.Opaque = path
		return
	}
	setPath(to, path)
}

// setPath sets the path of a URL.
func setPath(to *url.URL, path string) {
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
