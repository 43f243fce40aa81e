package packages_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/lingerws/linger/worker"
)

// installed installs the packages. It returns an empty string, or the reason why that is not possible. It also prints the
// reason, because skipped tests print nothing.
var installed = sync.OnceValue(func() string {
	why := install()
	if why != "" {
		fmt.Fprintln(os.Stderr, "NOT TESTED: packages of npm:", why)
	}
	return why
})

// install installs the packages in testdata/package-lock.json with npm, unless they are up to date. It returns an empty
// string, or the reason why that is not possible.
func install() string {
	if isNewer("testdata/node_modules/.package-lock.json", "testdata/package-lock.json") {
		return ""
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return "npm is not installed; on Debian: apt-get install nodejs npm"
	}
	npm := exec.Command("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
	npm.Dir = "testdata"
	if output, err := npm.CombinedOutput(); err != nil {
		return "npm cannot install the packages of testdata/package.json: " + err.Error() + "\n" + string(output)
	}
	return ""
}

func isNewer(file, than string) bool {
	a, err := os.Stat(file)
	if err != nil {
		return false
	}
	b, err := os.Stat(than)
	return err == nil && !a.ModTime().Before(b.ModTime())
}

// app is an application in testdata with its server.
type app struct {
	t   *testing.T
	url string
	log *logBuffer
}

// logBuffer collects the log.
type logBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// serve starts an application of testdata.
func serve(t *testing.T, file string, vars map[string]any) *app {
	t.Helper()
	if why := installed(); why != "" {
		t.Skip("the packages are not tested: " + why)
	}
	a := &app{t: t, log: &logBuffer{}}
	loaded, err := worker.Load("testdata/"+file, worker.Options{Vars: vars, Logger: slog.New(slog.NewTextHandler(a.log, nil))})
	if err != nil {
		t.Fatalf("loading the application: %v", err)
	}
	server := httptest.NewServer(loaded)
	a.url = server.URL
	t.Cleanup(func() {
		if log := a.log.String(); strings.Contains(log, "level=ERROR") {
			t.Errorf("the log has errors:\n%s", log)
		}
		server.CloseClientConnections()
		server.Close()
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		_ = loaded.Shutdown(ctx)
	})
	return a
}

// do sends a request and returns the status, the body and the header of the response.
func (a *app) do(method, path string, body io.Reader, header ...string) (int, string, http.Header) {
	a.t.Helper()
	request, err := http.NewRequestWithContext(a.t.Context(), method, a.url+path, body)
	if err != nil {
		a.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Set(header[i], header[i+1])
	}
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		a.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return response.StatusCode, string(got), response.Header
}

// want sends a request, checks the status and the body of the response, and returns its header.
func (a *app) want(method, path, body string, status int, text string, header ...string) http.Header {
	a.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	code, got, fields := a.do(method, path, content, header...)
	if code != status || got != text {
		a.t.Errorf("the response to %s %s with %q is %d %q, expected %d %q", method, path, header, code, got, status, text)
	}
	return fields
}
