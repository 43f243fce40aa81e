package websocket

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/lingerws/linger/protocol"
)

// misuses are calls with an invalid URL or options. Nothing is dialled for them.
var misuses = map[string]struct {
	url  string
	opts DialOptions
	text string // of the error
}{
	"no URL":                       {"ws://ho st/", DialOptions{}, "invalid character"},
	"a URL with a password":        {"ws://u:secret@ho st/", DialOptions{}, "cannot be parsed"},
	"another scheme":               {"ftp://example.com", DialOptions{}, "scheme"},
	"no scheme":                    {"example.com/x", DialOptions{}, "scheme"},
	"no host":                      {"ws:///x", DialOptions{}, "no host"},
	"no authority":                 {"ws:example.com", DialOptions{}, "no host"},
	"only a port":                  {"ws://:80/", DialOptions{}, "no host"},
	"a fragment":                   {"ws://example.com/#x", DialOptions{}, "fragment"},
	"an international host":        {"ws://exämple.com/", DialOptions{}, "xn--"},
	"a port out of range":          {"ws://example.com:65536/", DialOptions{}, "1 to 65535"},
	"a long port":                  {"ws://example.com:184467440737095516160/", DialOptions{}, "1 to 65535"},
	"port 0":                       {"wss://example.com:0/", DialOptions{}, "1 to 65535"},
	"a space in the query":         {"ws://example.com/?a b", DialOptions{}, "percent-encoded"},
	"Host in the header":           {"ws://example.com", DialOptions{Header: http.Header{"host": {"x"}}}, "DialOptions.Host"},
	"Origin in the header":         {"ws://example.com", DialOptions{Header: http.Header{"Origin": {"x"}}}, "DialOptions.Origin"},
	"Upgrade in the header":        {"ws://example.com", DialOptions{Header: http.Header{"Upgrade": {"x"}}}, "Upgrade is set by the opening handshake"},
	"Connection in the header":     {"ws://example.com", DialOptions{Header: http.Header{"connection": {"x"}}}, "Connection is set by the opening handshake"},
	"a key in the header":          {"ws://example.com", DialOptions{Header: http.Header{"Sec-WebSocket-Key": {"x"}}}, "is set by the opening handshake"},
	"a subprotocol in the header":  {"ws://example.com", DialOptions{Header: http.Header{"sec-websocket-protocol": {"x"}}}, "Subprotocols"},
	"a body":                       {"ws://example.com", DialOptions{Header: http.Header{"Content-Length": {"5"}}}, "is set by the opening handshake"},
	"an invalid name":              {"ws://example.com", DialOptions{Header: http.Header{"a b": {"x"}}}, "not a valid name"},
	"a value over two lines":       {"ws://example.com", DialOptions{Header: http.Header{"A": {"x\r\nB: y"}}}, "control character"},
	"a host over two lines":        {"ws://example.com", DialOptions{Host: "x\r\nB:y"}, "DialOptions.Host"},
	"an origin over two lines":     {"ws://example.com", DialOptions{Origin: "x\r\nB: y"}, "DialOptions.Origin"},
	"an invalid subprotocol":       {"ws://example.com", DialOptions{Subprotocols: []string{"a b"}}, "cannot be offered"},
	"a subprotocol offered twice":  {"ws://example.com", DialOptions{Subprotocols: []string{"a", "a"}}, "cannot be offered"},
	"a control character in a URL": {"ws://example.com/\r\nX: y", DialOptions{}, "dial.url"},
}

func TestDialMisuse(t *testing.T) {
	for name, c := range misuses {
		t.Run(name, func(t *testing.T) {
			c.opts.NetDial = func(context.Context, string, string) (net.Conn, error) {
				t.Error("nothing may be dialled")
				return nil, net.ErrClosed
			}
			_, err := Dial(t.Context(), c.url, direct(c.opts))
			_ = wantDialError(t, err, PhaseRequest)
			if _, ok := errors.AsType[*protocol.Misuse](err); !ok || !strings.Contains(err.Error(), c.text) {
				t.Errorf("the error must be a misuse with the text %q; got %v", c.text, err)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("an error must not contain a password; got %v", err)
			}
		})
	}
}
