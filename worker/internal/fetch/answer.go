package fetch

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker/internal/web/contentcoding"
)

// Answer is the answer to a request.
type Answer struct {
	Status     int
	StatusText string
	Header     http.Header
	Body       io.ReadCloser // must be closed
	Length     int64         // the length of Body in bytes; -1 if it is unknown
	Coding     string        // the content codings of Body that the script has to undo, as in Content-Encoding
	Foreign    string        // the content codings of Body that cannot be undone
	URL        string        // the URL after redirects, without its fragment
	Redirected bool          // a redirect was followed

	Conn *driver.Driver // the connection of an answer with 101, not started; nil for other answers
}

// Close closes the body or the connection of an answer that is not needed.
func (a *Answer) Close() {
	if a.Conn != nil {
		a.Conn.CloseNow()
		return
	}
	_ = a.Body.Close()
}

// Decode returns a reader that undoes the content codings of an Answer's body, given its Coding.
func Decode(coding string, body io.Reader) io.Reader {
	codings, _ := contentcoding.Parse([]string{coding})
	return contentcoding.NewReader(body, codings)
}

// newAnswer returns the answer to r that has the parts of response, without hop-by-hop fields and content codings.
func newAnswer(r *Request, response *http.Response) *Answer {
	httprule.Remove(response.Header, httprule.HopByHop)
	text := strings.TrimSpace(strings.TrimPrefix(response.Status, strconv.Itoa(response.StatusCode)))
	a := &Answer{
		Status: response.StatusCode, StatusText: text, Header: response.Header, Body: response.Body, Length: response.ContentLength,
		URL: r.shownURL(), Redirected: r.redirects > 0,
	}
	switch {
	case r.method == http.MethodHead:
		a.Length = 0
	case !a.HasBody():
		a.Length = 0
	}
	a.decode(r.decode)
	return a
}

// HasBody reports whether the status allows a body (Fetch Standard, section 2.2.3). Without one the script gets null, even if
// the server has sent one.
func (a *Answer) HasBody() bool {
	switch a.Status {
	case http.StatusNoContent, http.StatusResetContent, http.StatusNotModified:
		return false
	}
	return true
}

// decode makes Body a reader without content codings; without now it only sets Coding, and the script undoes them when it
// reads the body. In both cases the fields that describe the encoded body are removed. If the script passes the answer on
// unread, it adds Content-Encoding again.
func (a *Answer) decode(now bool) {
	codings, known := contentcoding.Parse(a.Header.Values("Content-Encoding"))
	switch {
	case len(codings) == 0 || a.Length == 0:
		return
	case !known || a.Status == http.StatusPartialContent:
		a.Foreign = strings.Join(codings, ", ")
		return
	}
	a.Header.Del("Content-Encoding")
	a.Header.Del("Content-Length")
	if !now {
		a.Coding = strings.Join(codings, ", ")
		return
	}
	a.Body = decodedBody{contentcoding.NewReader(a.Body, codings), a.Body}
	a.Length = -1
}

// decodedBody is a body whose content codings are undone while it is read.
type decodedBody struct {
	io.Reader
	io.Closer
}

// refusedAnswer returns the answer with which a server has refused the handshake of r.
func refusedAnswer(r *Request, failed *driver.DialError, limit int64) (*Answer, error) {
	switch {
	case failed.Cut && int64(len(failed.Body)) >= limit:
		return nil, TooLarge(limit)
	case failed.Cut:
		return nil, errIncomplete
	}
	return newAnswer(r, &http.Response{
		StatusCode: failed.Status, Status: http.StatusText(failed.Status), Header: failed.Header,
		Body: io.NopCloser(bytes.NewReader(failed.Body)), ContentLength: int64(len(failed.Body)),
	}), nil
}

// TooLarge returns the error for a body that is read as a whole and exceeds limit.
func TooLarge(limit int64) error {
	return &Error{fmt.Sprintf("the body of the answer is larger than %d bytes", limit)}
}

// ErrStalled is the error of a body that has made no progress for Options.Timeout.
var ErrStalled = errors.New("no progress of the body")
