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

// Answer is an answer with its whole body.
type Answer struct {
	Status     int
	StatusText string
	Header     http.Header
	Body       []byte
	Coding     string // the content codings that are left for the script to undo, as in Content-Encoding
	Foreign    string // the content codings that cannot be undone
	URL        string // after redirects, without fragment
	Redirected bool

	Conn *driver.Driver // the WebSocket that the request has become, not started; nil for other answers
}

// Content returns the body, nil where the status allows none (Fetch Standard, section 2.2.3).
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
	httprule.Remove(answer.Header, httprule.HopByHop)
	text := strings.TrimSpace(strings.TrimPrefix(answer.Status, fmt.Sprint(answer.StatusCode)))
	a := &Answer{Status: answer.StatusCode, StatusText: text, Header: answer.Header, Body: body, URL: r.shownURL(), Redirected: r.hops > 0}
	return a, a.decode(r.decode, limit)
}

// decode undoes the content codings of an answer: now, or later, when the script reads the body. In both cases the
// script does not see the fields that describe the encoded body; an answer that is passed on unread gets
// Content-Encoding again.
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
