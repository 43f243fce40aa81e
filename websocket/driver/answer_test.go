package driver

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"
)

func TestAcceptFieldsWithLineBreaks(t *testing.T) {
	for _, value := range []string{"a\r\nX-Evil: 1", "a\nX-Evil: 1", "a\rX-Evil: 1", "a\x00b", "\r\n\r\nbody"} {
		for _, name := range []string{"X-Own", "X-Own\r\nX-Evil", "X Own", "X-Own:", "", "X-Ö"} {
			text := appendAnswer(nil, nil, http.Header{name: {value}})
			res, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(text)), nil)
			if err != nil {
				t.Errorf("%q: %q: the response must be valid; got %v", name, value, err)
				continue
			}
			if res.Header.Get("X-Evil") != "" || bytes.Count(text, []byte("\r\n\r\n")) != 1 {
				t.Errorf("%q: %q must not add a field or end the head; got %q", name, value, text)
			}
			_ = res.Body.Close()
		}
	}
}

func TestAcceptHandshakeFields(t *testing.T) {
	for _, name := range []string{"Upgrade", "upgrade", "CONNECTION", "Content-Length", "transfer-encoding", "Trailer",
		"Sec-WebSocket-Accept", "sec-websocket-protocol", "Sec-Websocket-Extensions"} {
		text := string(appendAnswer(nil, nil, http.Header{name: {"own"}}))
		if strings.Contains(text, "own") {
			t.Errorf("the application must not set %s; got %q", name, text)
		}
	}
}
