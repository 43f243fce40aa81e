package opening

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/textproto"
	"time"

	"github.com/lingerws/linger/internal/httprule"
	"github.com/lingerws/linger/protocol/handshake"
)

// The bounds of an answer.
const (
	MaxHead    = 16 << 10    // bytes of its head, those of 1xx answers before it included
	MaxBody    = 1 << 10     // bytes of the body of a refusal
	maxRawBody = 8 << 10     // those bytes as they come, in chunks perhaps
	BodyWait   = time.Second // for the body of a refusal
	maxQuoted  = 200         // bytes of an answer that an error quotes
)

var (
	errResponseSize    = errors.New("the header of the answer is longer than 16 KiB")
	errResponseVersion = errors.New("the answer switches protocols in another version than HTTP/1.1")
)

// open connects and makes the opening handshake.
func (h *hop) open(ctx context.Context) (*Result, *Failure) {
	request, offered, err := h.request()
	if err != nil {
		return nil, h.fail(PhaseRequest, err)
	}
	l, failure := h.connect(ctx)
	if failure != nil {
		return nil, failure
	}
	o, failure := h.shakeHands(l, request, offered)
	if failure == nil && !l.keep() {
		failure = h.fail(PhaseResponse, ctx.Err())
	}
	if failure != nil {
		l.close()
		return nil, failure
	}
	return o, nil
}

func (h *hop) shakeHands(l *link, request []byte, offered handshake.Offer) (*Result, *Failure) {
	if _, err := l.nc.Write(request); err != nil {
		return nil, h.fail(PhaseWrite, err)
	}
	r := newResponseReader(l.nc)
	answer, err := r.read(http.MethodGet) //nolint:bodyclose // a 101 has no body, and any other is read from the connection
	if err != nil {
		return nil, h.fail(PhaseResponse, err)
	}
	if err := h.judge(answer, offered); err != nil {
		body, cut := h.body(l, r, answer)
		return nil, h.refused(PhaseCheck, answer, body, cut, err)
	}
	return &Result{Conn: l.nc, Early: r.early(), Header: answer.Header}, nil
}

// judge applies the rules of RFC 6455, section 4.1 to an answer, and those of the extensions in it.
func (h *hop) judge(answer *http.Response, offered handshake.Offer) error {
	agreed, err := offered.CheckResponse(answer.StatusCode, answer.Header)
	switch {
	case err != nil:
		return err
	case answer.ProtoMajor != 1 || answer.ProtoMinor < 1: // RFC 9110, section 7.8
		return errResponseVersion
	case h.opts.Agree == nil:
		return nil
	}
	return h.opts.Agree(agreed.Extensions)
}

// responseReader reads the answer to a request, within its bounds.
type responseReader struct {
	*bufio.Reader
	limit  *io.LimitedReader
	copied *copying // the head
}

func newResponseReader(nc net.Conn) *responseReader {
	limit := &io.LimitedReader{R: nc, N: MaxHead}
	copied := &copying{Reader: limit}
	return &responseReader{bufio.NewReader(copied), limit, copied}
}

// read reads the head of the answer. Informational answers before it tell nothing
// that is needed here: RFC 9110, section 15.2.
func (r *responseReader) read(method string) (*http.Response, error) {
	for {
		rest, _ := r.Peek(r.Buffered())
		r.copied.bytes = append(r.copied.bytes[:0], rest...)
		answer, err := http.ReadResponse(r.Reader, &http.Request{Method: method})
		if err != nil {
			return nil, r.explain(err)
		}
		if answer.StatusCode/100 == 1 && answer.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		r.copied.over = true
		if connection := r.connectionField(); len(connection) > 0 {
			answer.Header["Connection"] = connection
		}
		return answer, nil
	}
}

// connectionField returns the values of Connection in the head that has just been read. net/http drops the field if it
// names close, and with it the names of the fields that are for this connection only (RFC 9110, section 7.6.1).
func (r *responseReader) connectionField() []string {
	lines := textproto.NewReader(bufio.NewReader(bytes.NewReader(r.copied.bytes)))
	_, _ = lines.ReadLine()             // the status
	fields, _ := lines.ReadMIMEHeader() // net/http has read the same bytes
	return fields.Values("Connection")
}

// copying keeps a copy of what is read.
type copying struct {
	io.Reader
	bytes []byte
	over  bool // nothing more is kept
}

func (c *copying) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if !c.over {
		c.bytes = append(c.bytes, p[:n]...)
	}
	return n, err
}

// explain says what was wrong with an answer that cannot be read.
func (r *responseReader) explain(err error) error {
	text := err.Error()
	switch {
	case r.limit.N <= 0:
		return errResponseSize
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the connection was closed before the answer was whole: %w", err)
	case len(text) > maxQuoted: // it quotes a line of the answer
		return fmt.Errorf("the answer is no HTTP: %s (cut)", text[:maxQuoted])
	}
	return fmt.Errorf("reading the answer: %w", err)
}

// body gives the body of a refusal to the application, or returns its start for the
// error. After a 101 there is none, and a redirect that may be followed is no refusal.
func (h *hop) body(l *link, r *responseReader, answer *http.Response) (body []byte, cut bool) {
	followed := h.opts.MaxRedirects > 0 && httprule.IsRedirect(answer.StatusCode)
	if h.opts.Refused == nil || followed || answer.StatusCode == http.StatusSwitchingProtocols {
		return r.excerpt(l, answer, h.opts.MaxRefusal)
	}
	r.limit.N = math.MaxInt64 // the bound is that of time
	h.opts.Refused(answer)
	return nil, false
}

// excerpt reads the start of the body of a refusal, for whoever has to find out
// why. Unless more of it is asked for it does not wait long: the error must come even if
// the body never ends.
func (r *responseReader) excerpt(l *link, answer *http.Response, limit int) (body []byte, cut bool) {
	r.limit.N = maxRawBody
	if limit > 0 {
		r.limit.N += 2 * int64(limit) // in chunks of a few bytes it is a little longer than it should be
	} else {
		limit = MaxBody
		timer := time.AfterFunc(BodyWait, l.close)
		defer timer.Stop()
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, int64(limit)+1))
	if len(body) > limit {
		return body[:limit], true
	}
	return body, err != nil // what came until it broke
}

// early returns what came in the same segment as the answer: the first frames.
func (r *responseReader) early() []byte {
	b, _ := r.Peek(r.Buffered())
	return bytes.Clone(b)
}
