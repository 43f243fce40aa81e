package admin_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/websocket"
)

const token = "0123456789abcdef+/ü"

func withToken(_ *linger.Options, o *admin.Options) { o.Token = token }

func TestGuardRefusesPagesOfOtherOrigins(t *testing.T) {
	f := start(t, nil)
	own := "Origin: " + f.url
	for _, header := range [][]string{
		{"Origin: http://evil.example"}, {"Origin: null"}, {"Sec-Fetch-Site: cross-site"}, {"Sec-Fetch-Site: same-site"},
		{"Origin: " + f.url + "0"}, {"Sec-Fetch-Site: cross-site", own},
	} {
		for _, request := range []string{
			"POST /v1/drain", "POST /v1/reload", "PUT /v1/log", "DELETE /@connections/x", "POST /@connections/x", "GET /v1/connections",
			"GET /v1/tail", "GET /v1/live", "POST /v1/channels/lobby",
		} {
			method, path, _ := strings.Cut(request, " ")
			f.wantError(http.StatusForbidden, "wrong_origin", method, path, "", header...)
		}
	}
	f.wantStatus(http.StatusOK, http.MethodGet, "/v1/status", "", own, "Sec-Fetch-Site: same-origin")
	f.wantStatus(http.StatusOK, http.MethodPost, "/v1/channels/lobby", "hello", own)
	f.wantStatus(http.StatusOK, http.MethodGet, "/v1/status", "", "Sec-Fetch-Site: none")
}

// TestGuardRefusesRebinding checks that a page whose host name resolves to this machine cannot send requests: Host and Origin agree.
func TestGuardRefusesRebinding(t *testing.T) {
	f := start(t, func(_ *linger.Options, o *admin.Options) { o.Hosts = []string{"Admin.example"} })
	for _, host := range []string{"evil.example", "evil.example:9180", "localhost.evil.example", "127.0.0.1.evil.example", "notlocalhost", "xlocalhost:80"} {
		f.wantError(http.StatusMisdirectedRequest, "wrong_host", http.MethodGet, "/v1/status", "", "Host: "+host, "Origin: http://"+host)
		f.wantError(http.StatusMisdirectedRequest, "wrong_host", http.MethodGet, "/", "", "Host: "+host)
	}
	for _, host := range []string{"localhost", "LOCALHOST.:9180", "127.0.0.1", "[::1]:9180", "192.0.2.7:1", "app.localhost", "admin.example:443"} {
		f.wantStatus(http.StatusOK, http.MethodGet, "/v1/status", "", "Host: "+host)
	}
}

func TestGuardNeedsToken(t *testing.T) {
	f := start(t, withToken)
	for _, header := range [][]string{
		nil, {"Authorization: Bearer wrong"}, {"Authorization: Bearer " + token + "x"}, {"Authorization: Bearer"}, {"Authorization: Basic " + token},
		{"Authorization: " + token}, {"Sec-WebSocket-Protocol: linger.token."}, {"Sec-WebSocket-Protocol: linger.token." + token},
	} {
		for _, request := range []string{"GET /v1/status", "GET /v1/tail", "GET /v1/live", "GET /nowhere", "DELETE /@connections/x", "POST /", "GET /metrics"} {
			method, path, _ := strings.Cut(request, " ")
			f.wantError(http.StatusUnauthorized, "bad_token", method, path, "", header...)
		}
	}
	if got := f.do(http.MethodGet, "/v1/status", "").header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer") {
		t.Errorf("401 names the scheme; got %q", got)
	}
	f.wantStatus(http.StatusOK, http.MethodGet, "/v1/status", "", "Authorization: Bearer "+token)
	f.wantStatus(http.StatusOK, http.MethodGet, "/v1/status", "", "Authorization: bearer "+token, "Host: linger.example")
	f.wantStatus(http.StatusOK, http.MethodGet, "/livez", "")
	f.wantStatus(http.StatusOK, http.MethodGet, "/readyz", "")
}

// TestGuardTakesTokenOfWebSocket checks that a page, which cannot send Authorization with a WebSocket, sends the token as a
// subprotocol, and that the server does not repeat it.
func TestGuardTakesTokenOfWebSocket(t *testing.T) {
	f := start(t, withToken)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(f.url, "http")+"/v1/live", &websocket.DialOptions{
		Subprotocols: []string{"linger.admin", "linger.token." + base64.RawURLEncoding.EncodeToString([]byte(token))},
		Origin:       f.url,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if got := conn.Subprotocol(); got != "linger.admin" {
		t.Errorf("the server selects the subprotocol without the token; got %q", got)
	}
	p := &peer{t, conn}
	if s := read[admin.Live](p); s.Status.State != "ready" {
		t.Errorf("snapshots come; got %+v", s)
	}
}

func TestAnswersAreNotForPages(t *testing.T) {
	f := start(t, nil)
	for _, path := range []string{"/v1/status", "/nowhere", "/v1/connections?limit=0"} {
		header := f.do(http.MethodGet, path, "").header
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") != "no-store" || header.Get("Content-Type") != "application/json" {
			t.Errorf("the answer to %s is JSON that is not stored; got %v", path, header)
		}
	}
}
