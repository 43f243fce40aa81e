package accept

import (
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/protocol/handshake"
)

// requestBuffers is a pool of buffers for one request. Longer requests are left to net/http.
var requestBuffers = sync.Pool{New: func() any { return new([4096]byte) }}

// peekUpgrade returns the request with which a connection begins, and its size in bytes, if it has arrived completely and
// asks for an upgrade to WebSocket. Otherwise it returns false. In both cases the request stays unread, so that net/http can
// answer it.
func peekUpgrade(fd int) (r http.Request, size int, ok bool) {
	buf, _ := requestBuffers.Get().(*[4096]byte)
	defer requestBuffers.Put(buf)
	n, err := receive(fd, buf[:], unix.MSG_PEEK)
	if err != nil {
		return r, 0, false
	}
	end := bytes.Index(buf[:n], []byte("\r\n\r\n"))
	if end < 0 {
		return r, 0, false
	}
	size = end + len("\r\n\r\n")
	r, ok = parseUpgrade(buf[:size])
	return r, size, ok
}

// discardRequest reads what peekUpgrade has returned.
func discardRequest(fd, size int) error {
	buf, _ := requestBuffers.Get().(*[4096]byte)
	defer requestBuffers.Put(buf)
	n, err := receive(fd, buf[:size], 0)
	if err == nil && n < size {
		err = io.ErrUnexpectedEOF
	}
	return err
}

// parseUpgrade parses a header, which ends with the first empty line. It returns false unless the header is an upgrade to WebSocket that
// net/http would pass to the handler unchanged. The grammar is that of RFC 9112, sections 3 and 5, without what is rare: another form of
// the target than a path, a body, a folded line, a line that ends with a bare line feed.
func parseUpgrade(head []byte) (r http.Request, ok bool) {
	if !bytes.HasPrefix(head, []byte("GET /")) {
		return r, false
	}
	line, fields, _ := strings.Cut(string(head[:len(head)-len("\r\n")]), "\r\n") // all strings of the request share one allocation
	target, found := strings.CutSuffix(line[len("GET "):], " HTTP/1.1")
	if !found || strings.Contains(target, " ") {
		return r, false
	}
	header, ok := parseFields(fields)
	if !ok || !handshake.IsUpgrade(header) || !isOrdinary(header) {
		return r, false
	}
	hosts := header["Host"]
	if len(hosts) != 1 || !isPlainHost(hosts[0]) { // RFC 9110, section 7.2
		return r, false
	}
	delete(header, "Host") // net/http has it in Request.Host
	u, err := url.ParseRequestURI(target)
	if err != nil {
		return r, false
	}
	return http.Request{
		Method: http.MethodGet, URL: u, RequestURI: target, Host: hosts[0], Header: header, Body: http.NoBody,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}, true
}

// parseFields parses the lines of a header.
func parseFields(lines string) (header http.Header, ok bool) {
	header = make(http.Header)
	values := make([]string, strings.Count(lines, "\n")) // for all fields together
	for i := range values {
		var line string
		line, lines, _ = strings.Cut(lines, "\r\n")
		name, value, found := strings.Cut(line, ":")
		value = trim(value)
		if !found || !handshake.IsToken(name) || !isFieldValue(value) {
			return nil, false
		}
		name = canonicalName(name)
		if earlier := header[name]; earlier != nil {
			header[name] = append(earlier, value)
			continue
		}
		values[i] = value
		header[name] = values[i : i+1 : i+1]
	}
	return header, true
}

// trim removes white space around a value (RFC 9110, section 5.6.3). It takes less time than [strings.Trim].
func trim(value string) string {
	for value != "" && isSpace(value[0]) {
		value = value[1:]
	}
	for value != "" && isSpace(value[len(value)-1]) {
		value = value[:len(value)-1]
	}
	return value
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// isFieldValue reports whether a value has no control character but tabs (RFC 9110, section 5.5).
func isFieldValue(value string) bool {
	for i := range len(value) {
		if c := value[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

// canonicalName is [textproto.CanonicalMIMEHeaderKey], which allocates for the names of the handshake.
func canonicalName(name string) string {
	if canonical, ok := handshakeNames[name]; ok {
		return canonical
	}
	return textproto.CanonicalMIMEHeaderKey(name)
}

// handshakeNames has the canonical forms of the names as they are in RFC 6455, section 11.3.
var handshakeNames = map[string]string{
	"Sec-WebSocket-Key":        "Sec-Websocket-Key",
	"Sec-WebSocket-Version":    "Sec-Websocket-Version",
	"Sec-WebSocket-Protocol":   "Sec-Websocket-Protocol",
	"Sec-WebSocket-Extensions": "Sec-Websocket-Extensions",
}

// isOrdinary reports whether a header has no field that changes how net/http handles the request or its connection.
func isOrdinary(header http.Header) bool {
	for name, values := range header {
		switch name {
		case "Content-Length", "Transfer-Encoding", "Trailer", "Expect":
			return false
		case "Connection":
			for _, value := range values {
				if strings.Contains(strings.ToLower(value), "close") {
					return false
				}
			}
		case "Pragma": // for which net/http may add Cache-Control
			if header["Cache-Control"] == nil {
				return false
			}
		}
	}
	return true
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
