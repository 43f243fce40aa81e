package fetch

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker/internal/web/contentcoding"
)

// Answer is the answer to a request, with its whole body.
type Answer struct {
	Status     int
	StatusText string
	Header     http.Header
	Body       []byte
	Coding     string // the content codings of Body that the script has to undo, as in Content-Encoding
	Foreign    string // the content codings of Body that cannot be undone
	URL        string // the URL after redirects, without its fragment
	Redirected bool   // a redirect was followed

	Conn *driver.Driver // the connection of an answer with 101, not started; nil for other answers
}

// Content returns the body, nil if the status does not allow one (Fetch Standard, section 2.2.3).
func (a *Answer) Content() []byte {
	switch a.Status {
	case http.StatusNoContent, http.StatusResetContent, http.StatusNotModified:
		return nil
	}
	if a.Body == nil {
		return []byte{}
	}
	return a.Body
}

// readAnswer reads the rest of an answer and closes it. A body of more than limit bytes is an error.
func readAnswer(answer *http.Response, r *Request, limit int64) (*Answer, error) {
	defer func() { _ = answer.Body.Close() }()
	if answer.ContentLength > limit && r.method != http.MethodHead {
		return nil, tooLarge(limit)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, limit+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(body)) > limit:
		return nil, tooLarge(limit)
	}
	text := strings.TrimSpace(strings.TrimPrefix(answer.Status, fmt.Sprint(answer.StatusCode)))
	return newAnswer(r, answer.StatusCode, text, answer.Header, body, limit)
}

// newAnswer returns the answer to r that has the given parts, without hop-by-hop fields and content codings.
func newAnswer(r *Request, status int, text string, header http.Header, body []byte, limit int64) (*Answer, error) {
	httprule.Remove(header, httprule.HopByHop)
	a := &Answer{Status: status, StatusText: text, Header: header, Body: body, URL: r.shownURL(), Redirected: r.redirects > 0}
	return a, a.decode(r.decode, limit)
}

// decode undoes the content codings of an answer; without now it only sets Coding, and the script undoes them when it
// reads the body. In both cases the fields that describe the encoded body are removed. If the script passes the answer on
// unread, it adds Content-Encoding again.
func (a *Answer) decode(now bool, limit int64) error {
	codings, known := contentcoding.Parse(a.Header.Values("Content-Encoding"))
	switch {
	case len(codings) == 0 || len(a.Body) == 0:
		return nil
	case !known || a.Status == http.StatusPartialContent:
		a.Foreign = strings.Join(codings, ", ")
		return nil
	}
	a.Header.Del("Content-Encoding")
	a.Header.Del("Content-Length")
	if !now {
		a.Coding = strings.Join(codings, ", ")
		return nil
	}
	body, err := contentcoding.Decode(a.Body, codings, limit)
	if errors.Is(err, contentcoding.ErrTooLarge) {
		err = tooLarge(limit)
	}
	a.Body = body
	return err
}
