package proxy

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"
)

func TestForwarded(t *testing.T) {
	r := httptest.NewRequest("GET", "http://front/", nil)
	r.RemoteAddr = "203.0.113.7:1234"
	r.TLS = &tls.ConnectionState{}
	r.Header = http.Header{
		"Connection": {"Upgrade, X-Secret"}, "Upgrade": {"websocket"}, "X-Secret": {"1"}, "Keep-Alive": {"5"}, "Te": {"trailers"},
		"Sec-Websocket-Key": {"k"}, "Sec-Websocket-Protocol": {"chat"}, "Origin": {"http://front"}, "Proxy-Authorization": {"p"},
		"Cookie": {"a=b"}, "Authorization": {"Bearer x"}, "X-Forwarded-For": {"198.51.100.1"},
	}
	h := forwarded(r, false)
	for name, want := range map[string]string{
		"Connection": "", "Upgrade": "", "X-Secret": "", "Keep-Alive": "", "Te": "", "Sec-Websocket-Key": "", "Sec-Websocket-Protocol": "",
		"Origin": "", "Proxy-Authorization": "", "Cookie": "a=b", "Authorization": "Bearer x",
		"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "front", "X-Forwarded-Proto": "https",
	} {
		if got := h.Get(name); got != want {
			t.Errorf("%s is %q, expected %q", name, got, want)
		}
	}
	if r.Header.Get("Connection") == "" {
		t.Error("the header of the request is changed")
	}
}

func TestForwardedUserAgent(t *testing.T) {
	r := httptest.NewRequest("GET", "http://front/", nil)
	if agent, sent := forwarded(r, false)["User-Agent"]; !sent || len(agent) != 0 {
		t.Errorf("without User-Agent the field is %q, expected an empty list", agent)
	}
	r.Header.Set("User-Agent", "mine/1")
	if agent := forwarded(r, false).Get("User-Agent"); agent != "mine/1" {
		t.Errorf("User-Agent is %q, expected that of the client", agent)
	}
}
