// Package contentcoding decodes the content codings gzip and deflate of HTTP (RFC 9110, section 8.4.1).
package contentcoding

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Accept is a value of Accept-Encoding with the codings that Decode supports.
const Accept = "gzip, deflate"

// maxCodings bounds the number of codings of one body.
const maxCodings = 4

// Parse returns the codings in the values of Content-Encoding, in the order in which they were applied, and reports
// whether Decode supports all of them. It omits identity, which does not change the body.
func Parse(values []string) (codings []string, known bool) {
	known = true
	for name := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "" || name == "identity" {
			continue
		}
		codings = append(codings, name)
		known = known && decoders[name] != nil
	}
	return codings, known && len(codings) <= maxCodings
}

// Offer returns the elements of the values of Accept-Encoding whose codings Decode supports, or "identity" if there are
// none (RFC 9110, section 12.5.3).
func Offer(values []string) string {
	var kept []string
	for element := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, _, _ := strings.Cut(element, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if decoders[name] != nil || name == "identity" {
			kept = append(kept, strings.TrimSpace(element))
		}
	}
	if len(kept) == 0 {
		return "identity"
	}
	return strings.Join(kept, ", ")
}

// ErrTooLarge is returned if the decoded body is larger than the limit.
var ErrTooLarge = errors.New("the decoded body is too large")

// Error reports a body that is not valid data of its coding, or a coding that is not supported.
type Error struct {
	Coding string
	Err    error // the error of the decoder, or errors.ErrUnsupported
}

// Error returns a message with the coding.
func (e *Error) Error() string { return fmt.Sprintf("the body is not valid %s", e.Coding) }

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// Decode decodes codings, the last one first. limit is the maximum size of the result, and of each intermediate result, in
// bytes. The error is an *[Error] or [ErrTooLarge].
func Decode(body []byte, codings []string, limit int64) ([]byte, error) {
	for i := len(codings) - 1; i >= 0; i-- {
		decoder := decoders[codings[i]]
		if decoder == nil {
			return nil, &Error{codings[i], errors.ErrUnsupported}
		}
		decoded, err := decode(body, decoder, limit)
		switch {
		case errors.Is(err, ErrTooLarge):
			return nil, err
		case err != nil:
			return nil, &Error{codings[i], err}
		}
		body = decoded
	}
	return body, nil
}

// NewReader returns a reader that decodes codings, the last one first, while it reads from r. It reads nothing before its first
// Read. The error of a Read is an *[Error] if the data are not valid, and otherwise that of r.
func NewReader(r io.Reader, codings []string) io.Reader {
	for i := len(codings) - 1; i >= 0; i-- {
		r = &reader{coding: codings[i], source: &source{Reader: r}}
	}
	return r
}

// reader decodes one coding.
type reader struct {
	coding  string
	source  *source
	decoded io.Reader // nil before the first Read
	err     error     // the error of opening decoded
}

// Read reads decoded data.
func (r *reader) Read(p []byte) (int, error) {
	if r.decoded == nil && r.err == nil {
		r.decoded, r.err = r.open()
	}
	if r.err != nil {
		return 0, r.err
	}
	n, err := r.decoded.Read(p)
	return n, r.explain(err)
}

func (r *reader) open() (io.Reader, error) {
	open := decoders[r.coding]
	if open == nil {
		return nil, &Error{r.coding, errors.ErrUnsupported}
	}
	buffered := bufio.NewReader(r.source)
	if _, err := buffered.Peek(1); errors.Is(err, io.EOF) {
		return buffered, nil // an empty body is empty in every coding
	}
	decoded, err := open(buffered)
	return decoded, r.explain(err)
}

// explain returns the error of a decoder as an *Error, unless it comes from the source.
func (r *reader) explain(err error) error {
	switch {
	case err == nil, errors.Is(err, io.EOF):
		return err
	case r.source.err != nil && !errors.Is(r.source.err, io.EOF):
		return r.source.err
	}
	return &Error{r.coding, err}
}

// source keeps the error of a reader, which decoders may replace with their own.
type source struct {
	io.Reader
	err error
}

func (s *source) Read(p []byte) (int, error) {
	n, err := s.Reader.Read(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

// decoder returns a reader of decoded data.
type decoder func(*bufio.Reader) (io.Reader, error)

// decoders are the supported codings. x-gzip is equivalent to gzip (RFC 9110, section 8.4.1.3).
var decoders = map[string]decoder{"gzip": gunzip, "x-gzip": gunzip, "deflate": inflate}

// decode decodes one coding.
func decode(body []byte, open decoder, limit int64) ([]byte, error) {
	r, err := open(bufio.NewReader(bytes.NewReader(body)))
	if err != nil {
		return nil, err
	}
	decoded, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(decoded)) > limit {
		err = ErrTooLarge
	}
	return decoded, err
}

func gunzip(r *bufio.Reader) (io.Reader, error) { return gzip.NewReader(r) }

// inflate decodes the coding deflate: the zlib format (RFC 9110, section 8.4.1.2), and also raw DEFLATE data, which some
// servers send instead. In zlib data the compression method is 8, and the first two bytes, as a number, are a multiple of
// 31 (RFC 1950, section 2.2).
func inflate(r *bufio.Reader) (io.Reader, error) {
	head, err := r.Peek(2)
	if err == nil && head[0]&0x0F == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(r)
	}
	return flate.NewReader(r), nil
}
