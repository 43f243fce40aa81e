package admin_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/internal/memconn"
)

func TestListFilters(t *testing.T) {
	f := start(t, nil)
	f.client("/a/1?channel=x")
	f.client("/a/2?secret=chat")
	f.client("/b/chat")
	id := get[admin.ConnectionList](f, "/v1/connections?url=/b").Connections[0].ID
	for query, want := range map[string]string{
		"":                            "/a/1 /a/2 /b/chat",
		"sort=newest":                 "/b/chat /a/2 /a/1",
		"url=/a":                      "/a/1 /a/2",
		"url=chat":                    "/b/chat",
		"url=/*/1":                    "/a/1",
		"url=/a*":                     "/a/1 /a/2",
		"url=a*":                      "",
		"url=*":                       "/a/1 /a/2 /b/chat",
		"url=/*a*/*2":                 "/a/2",
		"address=127.0.0.1":           "/a/1 /a/2 /b/chat",
		"address=127.0.0.0/8":         "/a/1 /a/2 /b/chat",
		"address=::ffff:127.0.0.1":    "/a/1 /a/2 /b/chat",
		"address=::1":                 "",
		"channel=x":                   "/a/1",
		"channel=y":                   "",
		"state=open":                  "/a/1 /a/2 /b/chat",
		"state=closing,closed":        "",
		"min_age=1h":                  "",
		"min_idle=3600":               "",
		"min_queue=1":                 "",
		"min_age=0&min_idle=0s":       "/a/1 /a/2 /b/chat",
		"connection=" + id:            "/b/chat",
		"connection=" + id + "&url=a": "/b/chat",
	} {
		var paths []string
		for _, c := range get[admin.ConnectionList](f, "/v1/connections?"+query).Connections {
			paths = append(paths, c.URL)
		}
		if got := strings.Join(paths, " "); got != want {
			t.Errorf("%q lists %q; got %q", query, want, got)
		}
	}
}

func TestListRefusesWrongParameters(t *testing.T) {
	f := start(t, nil)
	for query, code := range map[string]string{
		"limit=0": "bad_parameter", "limit=1001": "bad_parameter", "limit=x": "bad_parameter", "sort=age": "bad_parameter",
		"address=host": "bad_parameter", "address=1.2.3.4/40": "bad_parameter", "state=OPEN": "bad_parameter", "min_age=-1": "bad_parameter",
		"min_age=soon": "bad_parameter", "min_age=NaN": "bad_parameter", "min_age=1e300": "bad_parameter", "min_queue=-1": "bad_parameter",
		"cursor=x": "bad_cursor", "cursor=!": "bad_cursor", "limits=1": "unknown_parameter", "url=a&url=b": "bad_parameter", "%zz": "bad_parameter", "a;b": "bad_parameter",
	} {
		f.wantError(http.StatusBadRequest, code, http.MethodGet, "/v1/connections?"+query, "")
	}
	cursor := url.QueryEscape("eyJvIjoibmV3ZXN0IiwiayI6MSwiaSI6IngifQ") // {"o":"newest","k":1,"i":"x"}
	f.wantError(http.StatusBadRequest, "bad_cursor", http.MethodGet, "/v1/connections?cursor="+cursor, "")
	f.wantStatus(http.StatusOK, http.MethodGet, "/v1/connections?sort=newest&cursor="+cursor, "")
}

// quiet is a server with many connections in memory, whose peers send nothing.
func quiet(tb testing.TB, many int) http.Handler {
	tb.Helper()
	recorder := admin.NewRecorder()
	server := linger.NewServer(linger.HandlerFuncs{}, linger.Options{Trace: recorder.Trace(), Stats: true, MaxConnections: -1, Logger: slog.New(slog.DiscardHandler)})
	l := memconn.Listen()
	web := &http.Server{Handler: server, ReadHeaderTimeout: patience}
	go func() { _ = web.Serve(l) }()
	tb.Cleanup(func() { _ = web.Close() })
	for i := range many {
		conn, err := l.Dial()
		if err != nil {
			tb.Fatal(err)
		}
		open(tb, conn, fmt.Sprintf("/chat/%d?n=%d", i%10, i))
	}
	return admin.New(admin.Options{Server: server, Recorder: recorder})
}

// open sends an upgrade request and reads the header of the answer.
func open(tb testing.TB, conn net.Conn, path string) {
	tb.Helper()
	tb.Cleanup(func() { _ = conn.Close() })
	_, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n", path)
	answer := make([]byte, 0, 512)
	for err == nil && !strings.HasSuffix(string(answer), "\r\n\r\n") {
		var b [1]byte
		_, err = conn.Read(b[:])
		answer = append(answer, b[0])
	}
	if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 101 ") {
		tb.Fatalf("the connection is accepted; got %q, %v", answer, err)
	}
}

// TestListTenThousand checks that the pages of a long list have each connection once, in order.
func TestListTenThousand(t *testing.T) {
	const many = 10_000
	h := quiet(t, many)
	seen, last, cursor := map[string]bool{}, 0.0, ""
	for pages := 0; ; pages++ {
		list := request[admin.ConnectionList](t, h, "/v1/connections?sort=newest&limit=1000&cursor="+cursor)
		for _, c := range list.Connections {
			if seen[c.ID] {
				t.Fatalf("%s is on one page only", c.ID)
			}
			seen[c.ID] = true
		}
		if first := list.Connections[0].Age; first+10 < last {
			t.Errorf("the youngest come first; after %v came %v", last, first)
		}
		last = list.Connections[len(list.Connections)-1].Age
		if cursor = list.Next; cursor == "" || pages > many {
			break
		}
	}
	if len(seen) != many {
		t.Errorf("all %d connections are listed; got %d", many, len(seen))
	}
	if list := request[admin.ConnectionList](t, h, "/v1/connections?url=/chat/7&limit=1000"); len(list.Connections) != many/10 || list.Next != "" {
		t.Errorf("a tenth has the path /chat/7; got %d, then %q", len(list.Connections), list.Next)
	}
}

// request decodes the answer of a handler, which must be 200.
func request[T any](tb testing.TB, h http.Handler, path string) (value T) {
	tb.Helper()
	recorded := ask(h, path)
	if recorded.Code != http.StatusOK {
		tb.Fatalf("%s is answered with 200; got %d: %s", path, recorded.Code, recorded.Body)
	}
	if err := decode(recorded.Body.String(), &value); err != nil {
		tb.Fatalf("the answer to %s is the documented JSON; got %v", path, err)
	}
	return value
}

func ask(h http.Handler, path string) *httptest.ResponseRecorder {
	ctx, cancel := context.WithTimeoutCause(context.Background(), patience, errors.New("the test takes too long"))
	defer cancel()
	recorded := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/", http.NoBody)
	r.Host = "localhost"
	if target, err := url.ParseRequestURI(path); err == nil {
		r.URL = target
		h.ServeHTTP(recorded, r)
	}
	return recorded
}

func BenchmarkList(b *testing.B) {
	for _, many := range []int{1000, 10_000, 100_000} {
		h := quiet(b, many)
		for name, path := range map[string]string{
			"oldest": "/v1/connections", "queue": "/v1/connections?sort=queue&min_queue=1", "url": "/v1/connections?url=/chat/7", "page": "/v1/connections?limit=1000",
		} {
			b.Run(fmt.Sprintf("%s/%d", name, many), func(b *testing.B) {
				for b.Loop() {
					ask(h, path)
				}
			})
		}
	}
}

func FuzzQuery(f *testing.F) {
	for _, path := range []string{
		"/v1/connections?url=/chat*&address=10.0.0.0/8&channel=x&state=open,closing&min_age=1m&min_idle=2&min_queue=3&limit=10&sort=queue",
		"/v1/connections?cursor=eyJvIjoibmV3ZXN0IiwiayI6MSwiaSI6IngifQ&sort=newest", "/v1/channels?channel=a*b*c&cursor=YWJj&limit=2",
		"/@connections/a.b%2Fc", "/@connections/%00", "/v1/timeline?limit=5", "/@connections/../v1/status", "//v1/status", "/v1/tail?events=x",
	} {
		f.Add(path)
	}
	h := quiet(f, 3)
	f.Fuzz(func(t *testing.T, path string) {
		switch answer := ask(h, path); {
		case answer.Code >= http.StatusInternalServerError && answer.Code != http.StatusNotImplemented:
			t.Errorf("a request is not a failure of the server; %q: %d, %s", path, answer.Code, answer.Body)
		case answer.Code >= http.StatusBadRequest && !strings.HasPrefix(answer.Header().Get("Content-Type"), "application/json") && answer.Header().Get("Upgrade") == "":
			t.Errorf("an error is JSON; %q: %d, %s", path, answer.Code, answer.Body)
		}
	})
}

func TestIdleIsSortedByTheLastMessage(t *testing.T) {
	f := start(t, nil)
	first, second := f.client("/first"), f.client("/second")
	second.send("x")
	second.want("text x")
	id := get[admin.ConnectionList](f, "/v1/connections?url=/second").Connections[0].ID
	f.eventually("the answer is recorded, which happens after it was sent", func() bool {
		return get[admin.ConnectionDetails](f, "/@connections/"+id).Sent.Messages == 1
	})
	time.Sleep(time.Millisecond) // the age of both for min_age
	first.send("x")
	first.want("text x")
	list := get[admin.ConnectionList](f, "/v1/connections?sort=idle&min_age=1ms")
	if len(list.Connections) != 2 || list.Connections[0].URL != "/second" {
		t.Errorf("the connection that has been idle for longest comes first; got %+v", list.Connections)
	}
}
