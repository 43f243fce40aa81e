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

// The bounds of a response.
const (
	MaxHead    = 16 << 10    // bytes of the head, including those of 1xx responses before it
	MaxBody    = 1 << 10     // bytes of the body of a refusal, by default
	maxRawBody = 8 << 10     // bytes of that body on the transport, possibly in chunks
	BodyWait   = time.Second // the time for that body
	maxQuoted  = 200         // bytes of a response that an error quotes
)

var (
	errResponseSize    = errors.New("the header of the response is longer than 16 KiB")
	errResponseVersion = errors.New("the response switches protocols in a version other than HTTP/1.1")
)

// open connects to the server and makes the opening handshake.
func (h *hop) open(ctx context.Context) (*Result, *Failure) {
	request, offered, err := h.request()
	if err != nil {
		return nil, h.fail(PhaseRequest, err)
	}
	l, failure := h.connect(ctx)
	if failure != nil {
		return nil, failure
	}
	o, failure := h.exchange(l, request, offered)
	if failure == nil && !l.keep() {
		failure = h.fail(PhaseResponse, ctx.Err())
	}
	if failure != nil {
		l.close()
		return nil, failure
	}
	return o, nil
}

// exchange sends the request, and reads and checks the response.
func (h *hop) exchange(l *transport, request []byte, offered handshake.Offer) (*Result, *Failure) {
	if _, err := l.nc.Write(request); err != nil {
		return nil, h.fail(PhaseWrite, err)
	}
	r := newResponseReader(l.nc)
	answer, err := r.read(http.MethodGet) //nolint:bodyclose // a 101 has no body, and any other is read from the connection
	if err != nil {
		return nil, h.fail(PhaseResponse, err)
	}
	if err := h.checkResponse(answer, offered); err != nil {
		body, cut := h.body(l, r, answer)
		return nil, h.refused(PhaseCheck, answer, body, cut, err)
	}
	return &Result{Conn: l.nc, Early: r.early(), Header: answer.Header}, nil
}

// checkResponse applies the rules for the response (RFC 6455, section 4.1), and those of the extensions in it.
func (h *hop) checkResponse(answer *http.Response, offered handshake.Offer) error {
	agreed, err := offered.CheckResponse(answer.StatusCode, answer.Header)
	switch {
	case err != nil:
		return err
	case answer.ProtoMajor != 1 || answer.ProtoMinor < 1: // (RFC 9110, section 7.8)
		return errResponseVersion
	case h.opts.Agree == nil:
		return nil
	}
	return h.opts.Agree(agreed.Extensions)
}

// responseReader reads the response to a request, within its bounds.
type responseReader struct {
	*bufio.Reader
	limit  *io.LimitedReader
	copied *copyingReader // a copy of the head
}

func newResponseReader(nc net.Conn) *responseReader {
	limit := &io.LimitedReader{R: nc, N: MaxHead}
	copied := &copyingReader{Reader: limit}
	return &responseReader{bufio.NewReader(copied), limit, copied}
}

// read reads the head of the response. It skips informational responses (RFC 9110,
// section 15.2).
func (r *responseReader) read(method string) (*http.Response, error) {
	for {
		rest, _ := r.Peek(r.Buffered())
		r.copied.bytes = append(r.copied.bytes[:0], rest...)
		answer, err := http.ReadResponse(r.Reader, &http.Request{Method: method})
		if err != nil {
			return nil, r.readError(err)
		}
		if answer.StatusCode/100 == 1 && answer.StatusCode != http.StatusSwitchingProtocols {
			continue
		}
		r.copied.stopped = true
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

// copyingReader keeps a copy of what is read, until it is stopped.
type copyingReader struct {
	io.Reader
	bytes   []byte
	stopped bool
}

func (c *copyingReader) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if !c.stopped {
		c.bytes = append(c.bytes, p[:n]...)
	}
	return n, err
}

// readError returns the error for a response that cannot be read.
func (r *responseReader) readError(err error) error {
	text := err.Error()
	switch {
	case r.limit.N <= 0:
		return errResponseSize
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the connection was closed before the response was complete: %w", err)
	case len(text) > maxQuoted: // the text quotes a line of the response
		return fmt.Errorf("the response is not HTTP: %s (truncated)", text[:maxQuoted])
	}
	return fmt.Errorf("reading the response: %w", err)
}

// body passes a refusal to Request.Refused, or returns the start of its body. A 101 and a
// redirect that may be followed are not passed on.
func (h *hop) body(l *transport, r *responseReader, answer *http.Response) (body []byte, cut bool) {
	followed := h.opts.MaxRedirects > 0 && httprule.IsRedirect(answer.StatusCode)
	if h.opts.Refused == nil || followed || answer.StatusCode == http.StatusSwitchingProtocols {
		return r.excerpt(l, answer, h.opts.MaxRefusal)
	}
	r.limit.N = math.MaxInt64 // only HandshakeTimeout bounds the body
	h.opts.Refused(answer)
	return nil, false
}

// excerpt returns the start of the body of a refusal, which helps to find its reason. If
// limit is 0 it waits at most BodyWait, so that an endless body delays the error only a
// little.
func (r *responseReader) excerpt(l *transport, answer *http.Response, limit int) (body []byte, cut bool) {
	r.limit.N = maxRawBody
	if limit > 0 {
		r.limit.N += 2 * int64(limit) // a body in small chunks needs more bytes on the transport
	} else {
		limit = MaxBody
		timer := time.AfterFunc(BodyWait, l.close)
		defer timer.Stop()
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, int64(limit)+1))
	if len(body) > limit {
		return body[:limit], true
	}
	return body, err != nil
}

// early returns the bytes that arrived in the same segment as the response: the first frames.
func (r *responseReader) early() []byte {
	b, _ := r.Peek(r.Buffered())
	return bytes.Clone(b)
}
