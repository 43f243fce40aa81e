package linger_test

import (
	"bytes"
	"crypto/tls"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger"
)

// journal returns options whose log is kept, and the log.
func journal(level slog.Level) (linger.Options, *keptLog) {
	var log keptLog
	return linger.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: level}))}, &log
}

// keptLog is a buffer that may be read while it is written.
type keptLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *keptLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *keptLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func (l *keptLog) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.Reset()
}

func TestServerRefusesTargetsAndHostsThatAreNoURL(t *testing.T) {
	good := upgradeRequest()
	for name, request := range map[string]string{
		"opaque target":       strings.Replace(good, "GET /chat?room=1", "GET mailto:x", 1),
		"scheme and port":     strings.Replace(good, "GET /chat?room=1", "GET evil:80", 1),
		"another scheme":      strings.Replace(good, "GET /chat?room=1", "GET ftp://linger.test/x", 1),
		"asterisk":            strings.Replace(good, "GET /chat?room=1", "GET *", 1),
		"open bracket":        strings.Replace(good, "Host: linger.test", "Host: [::1", 1),
		"port out of range":   strings.Replace(good, "Host: linger.test", "Host: a:99999", 1),
		"port that is a name": strings.Replace(good, "Host: linger.test", "Host: a:b", 1),
		"percent":             strings.Replace(good, "Host: linger.test", "Host: a%00b", 1),
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				opts, log := journal(slog.LevelInfo)
				s := serve(t, linger.HandlerFuncs{OnUpgrade: func(*linger.Upgrade) { t.Error("the handler does not see it") }}, opts)
				if r := s.client().raw(request); r.StatusCode != http.StatusBadRequest {
					t.Errorf("it is answered with 400; got %s", r.Status)
				}
				synctest.Wait()
				if lines := strings.Count(log.String(), "\n"); lines != 1 || !strings.Contains(log.String(), "status=400") {
					t.Errorf("the log has one line for it; it has %q", log)
				}
			})
		})
	}
}

func TestSocketURLOfAnAbsoluteTarget(t *testing.T) {
	bubble(t, func(t *testing.T) {
		seen := make(chan string, 1)
		s := serve(t, linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
			socket, _ := u.Accept(linger.AcceptOptions{})
			seen <- socket.URL().String()
		}}, linger.Options{})
		if r := s.client().raw(strings.Replace(upgradeRequest(), "GET /chat", "GET http://other.test:80/chat", 1)); r.StatusCode != 101 {
			t.Fatalf("it is accepted; got %s", r.Status)
		}
		if got := <-seen; got != "http://other.test:80/chat?room=1" { // RFC 9112, section 3.2.2: the field Host is ignored
			t.Errorf("the URL is that of the target; got %s", got)
		}
	})
}

func TestServerSaysWhyAnUpgradeWithoutConnectionFails(t *testing.T) {
	bubble(t, func(t *testing.T) {
		opts, log := journal(slog.LevelInfo)
		opts.Fallback = http.NotFoundHandler()
		r := serve(t, linger.HandlerFuncs{}, opts).client().raw(strings.Replace(upgradeRequest(), "Connection: Upgrade", "Connection: keep-alive", 1))
		if body, _ := io.ReadAll(r.Body); r.StatusCode != http.StatusUpgradeRequired || !strings.Contains(string(body), "Connection") {
			t.Errorf("it gets 426 and the field that is missing; got %s %q", r.Status, body)
		}
		synctest.Wait()
		if !strings.Contains(log.String(), "reason=connection") {
			t.Errorf("the log says what is missing; it has %q", log)
		}
	})
}

// RFC 9113, section 8.2.2: curl and Safari show no answer that has one of these fields.
func TestServerAnswersHTTP2WithoutUpgrade(t *testing.T) {
	web := httptest.NewUnstartedServer(linger.NewServer(linger.HandlerFuncs{}, linger.Options{}))
	web.EnableHTTP2 = true
	web.StartTLS()
	defer web.Close()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		request, err := http.NewRequest(method, web.URL, nil) //nolint:noctx // the test ends it
		if err != nil {
			t.Fatal(err)
		}
		r, err := web.Client().Do(request)
		if err != nil {
			t.Fatalf("%s over HTTP/2 is answered; got %v", method, err)
		}
		body, _ := io.ReadAll(r.Body)
		_ = r.Body.Close()
		if r.ProtoMajor != 2 || r.StatusCode != http.StatusUpgradeRequired || !strings.Contains(string(body), "HTTP/1.1") {
			t.Errorf("%s over HTTP/2 gets 426 and a text that says what to do; got %s %s %q", method, r.Proto, r.Status, body)
		}
		if len(r.Header["Upgrade"])+len(r.Header["Connection"]) > 0 {
			t.Errorf("without Upgrade and Connection; got %v", r.Header)
		}
	}
	old := web.Client()
	old.Transport = &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}} //nolint:gosec // of the test; HTTP/1.1
	r, err := old.Get(web.URL)                                                              //nolint:noctx // the test ends it
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Body.Close() }()
	if r.ProtoMajor != 1 || r.Header.Get("Upgrade") != "websocket" {
		t.Errorf("over HTTP/1.1 the 426 has Upgrade (RFC 9110, section 15.5.22); got %s %v", r.Proto, r.Header)
	}
}

func TestServerRefusesExtendedConnect(t *testing.T) {
	opts, log := journal(slog.LevelInfo)
	opts.Fallback = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the fallback does not get it") })
	r := httptest.NewRequest(http.MethodConnect, "https://linger.test/chat", nil)
	r.ProtoMajor, r.ProtoMinor = 2, 0
	r.Header.Set(":protocol", "websocket")
	r.Header[":protocol"] = []string{"websocket"}
	w := httptest.NewRecorder()
	linger.NewServer(linger.HandlerFuncs{}, opts).ServeHTTP(w, r)
	if w.Code != http.StatusNotImplemented || !strings.Contains(w.Body.String(), "HTTP/1.1") {
		t.Errorf("extended CONNECT gets 501 and what to do instead; got %d %q", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "reason=extended-connect") {
		t.Errorf("and a line in the log; it has %q", log)
	}
}
