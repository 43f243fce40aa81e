// Package contentcoding undoes the content codings of HTTP: gzip and deflate (RFC 9110, section 8.4.1).
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

// Accept lists the codings that Decode undoes, as a value of Accept-Encoding.
const Accept = "gzip, deflate"

// mostCodings bounds the codings that are applied one after the other to one body.
const mostCodings = 4

// Parse returns the codings that the values of Content-Encoding name, in the order in which they were applied, and
// whether Decode can undo all of them. identity, which changes nothing, is left out.
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
	return codings, known && len(codings) <= mostCodings
}

// Offer returns the part of the values of Accept-Encoding that names codings which Decode undoes, "identity" if there is
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

// ErrTooLarge says that a body is larger than the limit once its codings are undone.
var ErrTooLarge = errors.New("the decoded body is too large")

// Error says that a body is not encoded as it claims to be.
type Error struct {
	Coding string
	Err    error
}

// Error names the coding.
func (e *Error) Error() string { return fmt.Sprintf("the body is not valid %s", e.Coding) }

// Unwrap returns what the decoder found.
func (e *Error) Unwrap() error { return e.Err }

// Decode undoes codings, the last one first. limit is the most bytes of the result, and of every step. The error is an
// *[Error] or [ErrTooLarge].
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

type decoder func(*bufio.Reader) (io.Reader, error)

// decoders are the codings by their names; x-gzip is another name of gzip.
var decoders = map[string]decoder{"gzip": gunzip, "x-gzip": gunzip, "deflate": inflate}

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

// inflate reads the zlib format, which deflate stands for, and also bare deflate data, which some servers send under that
// name. RFC 1950, section 2.2: the first two bytes of zlib data are a multiple of 31, and the method is 8.
func inflate(r *bufio.Reader) (io.Reader, error) {
	head, err := r.Peek(2)
	if err == nil && head[0]&0x0F == 8 && (int(head[0])<<8|int(head[1]))%31 == 0 {
		return zlib.NewReader(r)
	}
	return flate.NewReader(r), nil
}
