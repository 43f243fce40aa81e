package accept

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/protocol/handshake"
)

// requestReader reads one request.
type requestReader struct {
	buf   [4096]byte // longer requests are left to net/http
	bytes bytes.Reader
	lines *bufio.Reader
}

var requestReaders = sync.Pool{New: func() any { return &requestReader{lines: bufio.NewReader(nil)} }}

// peekUpgrade returns the request with which a connection begins, and its size in bytes, if it has arrived completely and
// asks for an upgrade to WebSocket. Otherwise it returns nil. In both cases the request stays unread, so that net/http can
// answer it.
func peekUpgrade(fd int) (r *http.Request, size int) {
	reader, _ := requestReaders.Get().(*requestReader)
	defer requestReaders.Put(reader)
	n, _, err := unix.Recvfrom(fd, reader.buf[:], unix.MSG_PEEK|unix.MSG_DONTWAIT)
	if err != nil {
		return nil, 0
	}
	end := bytes.Index(reader.buf[:n], []byte("\r\n\r\n"))
	if end < 0 {
		return nil, 0
	}
	size = end + len("\r\n\r\n")
	return reader.parse(reader.buf[:size]), size
}

// discardRequest reads what peekUpgrade has returned.
func discardRequest(fd, size int) error {
	reader, _ := requestReaders.Get().(*requestReader)
	defer requestReaders.Put(reader)
	n, _, err := unix.Recvfrom(fd, reader.buf[:size], unix.MSG_DONTWAIT)
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// parse returns the request if net/http would pass it to the handler unchanged, and nil otherwise.
func (q *requestReader) parse(head []byte) *http.Request {
	if !bytes.HasPrefix(head, []byte("GET ")) || !asksForUpgrade(head) {
		return nil
	}
	q.bytes.Reset(head)
	q.lines.Reset(&q.bytes)
	r, err := http.ReadRequest(q.lines)
	switch {
	case err != nil, r.Proto != "HTTP/1.1", !handshake.IsUpgrade(r.Header):
		return nil
	case !strings.HasPrefix(r.RequestURI, "/"), !isPlainHost(r.Host):
		// With another form of target (RFC 9112, section 3.2) the host is not that of the
		// field, and net/http checks both.
		return nil
	case q.lines.Buffered()+q.bytes.Len() > 0: // an empty line of bare line feeds came before
		return nil
	}
	return r
}

// asksForUpgrade reports whether a header has an Upgrade, one Host (RFC 9110, section
// 7.2), no field about a body, and no name with a space in it, which http.ReadRequest
// accepts.
func asksForUpgrade(head []byte) bool {
	hosts, upgrades := 0, 0
	_, fields, _ := bytes.Cut(head, []byte("\n"))
	for line := range bytes.Lines(fields) {
		name, _, _ := bytes.Cut(line, []byte(":"))
		switch {
		case bytes.IndexByte(name, ' ') >= 0:
			return false
		case isField(name, "Host"):
			hosts++
		case isField(name, "Upgrade"):
			upgrades++
		case isField(name, "Content-Length"), isField(name, "Transfer-Encoding"), isField(name, "Expect"):
			return false
		}
	}
	return hosts == 1 && upgrades > 0
}

func isField(name []byte, want string) bool {
	return len(name) == len(want) && strings.EqualFold(string(name), want)
}

// isPlainHost reports whether a host consists of characters of names, addresses and
// ports.
func isPlainHost(host string) bool {
	return host != "" && !strings.ContainsFunc(host, func(c rune) bool {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
			return false
		}
		return !strings.ContainsRune(".-_:[]", c)
	})
}
