package worker

import (
	"errors"
	"io"

	"github.com/lingerws/linger/worker/internal/script"
)

// bodyReader is a body that is sent while it is produced: a receivedBody that is passed on, or a writtenBody. Its methods may be
// called by one goroutine, which sends the body.
type bodyReader interface {
	// next blocks until there is more of the body, and returns it. The error is io.EOF at the end of the body; another one
	// means that the body is incomplete.
	next() ([]byte, error)
	// cancel discards the rest of the body, which is not needed for the given reason. next then returns an error.
	cancel(reason error)
}

// bodyWindow is the number of bytes of a body that wait for their receiver. While there are as many, no more are read from the
// source of the body, or requested from the script. A chunk of the script is not split, so there may be more.
const bodyWindow = 64 << 10

var (
	errClientGone   = errors.New("the client has disconnected")
	errInstanceEnd  = errors.New("the engine that read or wrote the body has ended")
	errBodyAborted  = errors.New("the script has not completed the body")
	errBodyConsumed = errors.New("the body is not needed")
	errAnswered     = errors.New("the request has been answered before its body was read: read it before the response is complete")
)

// bodyStream is a bodyReader as an io.ReadCloser.
type bodyStream struct {
	body bodyReader
	rest []byte // the part of the last chunk that has not been read
}

// Read reads from the body.
func (s *bodyStream) Read(p []byte) (n int, err error) {
	for len(s.rest) == 0 {
		if s.rest, err = s.body.next(); err != nil {
			return 0, err
		}
	}
	n = copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Close discards the rest of the body.
func (s *bodyStream) Close() error {
	s.body.cancel(errBodyConsumed)
	return nil
}

// failureChunk returns a chunk with the failure of a body, as the TypeError of the Fetch Standard.
func failureChunk(message string) *script.BodyChunk {
	return &script.BodyChunk{Failure: &script.Throw{Name: "TypeError", Message: message}}
}

// isEnd reports whether err is the end of a complete body.
func isEnd(err error) bool { return errors.Is(err, io.EOF) }
