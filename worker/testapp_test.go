package worker_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/worker"
)

// patience bounds every wait of a test; it is never reached unless a test fails.
const patience = 30 * time.Second

// loopTimeout is the EventTimeout of tests that wait for the end of an endless loop: short enough to be waited for, and
// many times what every other event takes.
const loopTimeout = time.Second

// testApp is an application under test behind a real http.Server on TCP.
type testApp struct {
	*worker.App
	t              testing.TB
	path           string // of the script
	address        string
	dial           func() (net.Conn, error)
	stdout, stderr *sink
	log            *sink         // of slog, as text
	left           chan struct{} // gets one when a request is over, or its client has left
}

// serve serves a script on a port of its own.
func serve(t testing.TB, script string, opts worker.Options) *testApp {
	t.Helper()
	return serveFile(t, write(t, "app.js", script), opts)
}

// serveFile serves the script at path.
func serveFile(t testing.TB, path string, opts worker.Options) *testApp {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return serveListener(t, l, func() (net.Conn, error) { return net.Dial("tcp", l.Addr().String()) }, path, opts)
}

// bubble runs a test with fake time, which passes only while nothing computes. An event that waits reaches its timeout at
// once, and one that computes never does, however slow the machine is.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, test)
}

// serveInMemory serves a script on connections in memory, for tests in a bubble.
func serveInMemory(t testing.TB, script string, opts worker.Options) *testApp {
	t.Helper()
	t.Cleanup(func() { time.Sleep(time.Minute) }) // of fake time, which the last goroutines of the application need to end
	l := memconn.Listen()
	return serveListener(t, l, func() (net.Conn, error) { return l.Dial() }, write(t, "app.js", script), opts)
}

// serveListener serves the script at path on the connections of a listener.
func serveListener(t testing.TB, l net.Listener, dial func() (net.Conn, error), path string, opts worker.Options) *testApp {
	t.Helper()
	a := &testApp{dial: dial, address: l.Addr().String(), t: t, path: path, stdout: newSink(), stderr: newSink(), log: newSink(), left: make(chan struct{}, 1)}
	opts.Stdout, opts.Stderr = a.stdout, a.stderr
	opts.Logger = slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if a.App, err = worker.Load(path, opts); err != nil {
		t.Fatalf("the application loads; got %v", err)
	}
	server := &http.Server{Handler: http.HandlerFunc(a.handle), ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() {
		a.stdout.letGo()
		cut, cancel := context.WithCancel(t.Context())
		cancel()
		_ = a.Shutdown(cut)
		_ = server.Close()
	})
	return a
}

// rewrite puts another script in place of the application's, and loads it.
func (a *testApp) rewrite(script string) error {
	a.t.Helper()
	writeIn(a.t, filepath.Dir(a.path), filepath.Base(a.path), script)
	return a.Reload()
}

// reload is rewrite for a script that has to load.
func (a *testApp) reload(script string) {
	a.t.Helper()
	if err := a.rewrite(script); err != nil {
		a.t.Fatalf("the new version is loaded; got %v", err)
	}
}

// until waits for something to become true that nothing tells of.
func (a *testApp) until(what string, is func() bool) {
	a.t.Helper()
	for late := time.Now().Add(patience); !is(); {
		if time.Now().After(late) {
			a.t.Fatalf("%s; it did not happen. Workers: %+v", what, a.Workers())
		}
		time.Sleep(time.Millisecond)
	}
}

// state waits for a worker to be in a state.
func (a *testApp) state(index int, want string) {
	a.t.Helper()
	a.until(fmt.Sprintf("worker %d is %s", index, want), func() bool { return a.Workers()[index].State == want })
}

func (a *testApp) handle(w http.ResponseWriter, r *http.Request) {
	context.AfterFunc(r.Context(), func() {
		select {
		case a.left <- struct{}{}:
		default: // nobody waits
		}
	})
	a.ServeHTTP(w, r)
}

// write puts a file into a folder of the test's own.
func write(t testing.TB, name, text string) string {
	t.Helper()
	return writeIn(t, t.TempDir(), name, text)
}

func writeIn(t testing.TB, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func mkdir(t testing.TB, parts ...string) string {
	t.Helper()
	folder := filepath.Join(parts...)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}

// answer is an HTTP response with its body read.
type answer struct {
	*http.Response
	body string
}

// do sends a plain request.
func (a *testApp) do(method, path, body string, header ...string) answer {
	a.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, "http://"+a.address+path, content)
	if err != nil {
		a.t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		request.Header.Add(header[i], header[i+1])
	}
	client := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return a.dial() }}
	defer client.CloseIdleConnections()
	response, err := client.RoundTrip(request)
	if err != nil {
		a.t.Fatalf("the application answers; got %v", err)
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatalf("the response is whole; got %v", err)
	}
	return answer{response, string(got)}
}

// get sends a GET request and checks status and body.
func (a *testApp) get(path string, status int, body string) answer {
	a.t.Helper()
	got := a.do(http.MethodGet, path, "")
	if got.StatusCode != status || strings.TrimSpace(got.body) != body {
		a.t.Errorf("GET %s is answered with %d %q; got %d %q", path, status, body, got.StatusCode, got.body)
	}
	return got
}

// sink is a writer that tests wait on.
type sink struct {
	mu     sync.Mutex
	text   bytes.Buffer
	change chan struct{} // closed at the next write
	held   string        // a write that contains it does not return before free is closed
	free   chan struct{}
}

func newSink() *sink { return &sink{change: make(chan struct{}), free: make(chan struct{})} }

func (s *sink) Write(b []byte) (int, error) {
	s.mu.Lock()
	close(s.change)
	s.change = make(chan struct{})
	n, err := s.text.Write(b)
	hold := s.held != "" && strings.Contains(string(b), s.held)
	free := s.free
	s.mu.Unlock()
	if hold {
		<-free
	}
	return n, err
}

// hold has each write that contains text wait for letGo: a call of console.log that prints it is a built-in function that
// cannot be interrupted.
func (s *sink) hold(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = text
}

// letGo ends the waits of hold, and lets all later writes pass.
func (s *sink) letGo() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.held != "" {
		s.held = ""
		close(s.free)
	}
}

func (s *sink) String() string {
	text, _ := s.now()
	return text
}

func (s *sink) now() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String(), s.change
}

// line waits for the first line that has all the parts.
func (s *sink) line(t testing.TB, parts ...string) string {
	t.Helper()
	late := time.After(patience)
	for {
		text, change := s.now()
		for line := range strings.Lines(text) {
			if hasAll(line, parts) {
				return strings.TrimSuffix(line, "\n")
			}
		}
		select {
		case <-change:
		case <-late:
			t.Fatalf("a line with %q is printed; got:\n%s", parts, text)
		}
	}
}

// never tells of a text that was printed.
func (s *sink) never(t testing.TB, part string) {
	t.Helper()
	if text := s.String(); strings.Contains(text, part) {
		t.Errorf("nothing with %q is printed; got:\n%s", part, text)
	}
}

// count returns how often a text was printed.
func (s *sink) count(part string) int { return strings.Count(s.String(), part) }

func hasAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// within fails the test if a step does not end.
func within(t testing.TB, what string, step func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		step()
	}()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s; it did not end", what)
	}
}

// discard is a log that nobody reads.
var discard = slog.New(slog.DiscardHandler)

func isStopped(err error) bool { return errors.Is(err, worker.ErrStopped) }

// resident returns the memory that the process takes, in bytes, after the collector
// has given back what it can.
func resident(t testing.TB) int {
	t.Helper()
	debug.FreeOSMemory()
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		t.Fatal(err)
	}
	var all, pages int
	if _, err := fmt.Sscan(string(statm), &all, &pages); err != nil {
		t.Fatal(err)
	}
	return pages * os.Getpagesize()
}
