package fetch

import (
	"net/http"
	"testing"

	"github.com/lingerws/linger/websocket"
)

func TestRequestPrepareHandshake(t *testing.T) {
	r := &Request{header: http.Header{
		"Origin": {"https://x"}, "Cookie": {"a=b"},
		"Sec-Websocket-Protocol": {"a, b", "c"}, "Sec-Websocket-Key": {"k"}, "Sec-Websocket-Extensions": {"e"},
	}}
	opts := &websocket.DialOptions{}
	r.prepareHandshake(opts)
	if len(opts.Header) != 1 || opts.Header.Get("Cookie") != "a=b" || opts.Origin != "https://x" || len(opts.Subprotocols) != 3 || opts.Subprotocols[2] != "c" {
		t.Errorf("the script chooses the origin, the subprotocols and its other fields; got %+v", opts)
	}
}
