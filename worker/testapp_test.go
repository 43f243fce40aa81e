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

// testTimeout bounds each wait of a test. Only a test that fails reaches it.
const testTimeout = time.Minute

// loopTimeout is the EventTimeout of tests in which an endless loop must be interrupted. It is short, because they wait for
// it, and many times as long as their other events take.
const loopTimeout = 3 * time.Second

// testApp is an application under test, served by an http.Server.
type testApp struct {
	*worker.App
	t              testing.TB
	path           string // the path of the script
	address        string
	dial           func() (net.Conn, error)
	stdout, stderr *sink
	log            *sink         // the output of slog, as text
	requestEnded   chan struct{} // receives a value when the context of a request ends
}

// serve serves a script on a free TCP port.
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

// bubble runs a test with fake time, which advances only while every goroutine is blocked. A script that waits reaches its
// timeout immediately, and one that computes never reaches it, however slow the machine is. A child process has no fake time, so
// tests of runtimes in children take the time for which they wait.
func bubble(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	t.Parallel()
	if !inProcess() {
		test(t)
		return
	}
	synctest.Test(t, test)
}

// serveInMemory serves a script on connections in memory. Tests in a bubble need it.
func serveInMemory(t testing.TB, script string, opts worker.Options) *testApp {
	t.Helper()
	if inProcess() {
		t.Cleanup(func() { time.Sleep(time.Minute) }) // fake time, in which the last goroutines of the application end
	}
	l := memconn.Listen()
	return serveListener(t, l, func() (net.Conn, error) { return l.Dial() }, write(t, "app.js", script), opts)
}

// serveListener serves the script at path on the connections that a listener accepts.
func serveListener(t testing.TB, l net.Listener, dial func() (net.Conn, error), path string, opts worker.Options) *testApp {
	t.Helper()
	return serveLoaded(t, l, dial, path, opts, worker.Load)
}

// serveLoaded is serveListener for an application that loadApp loads.
func serveLoaded(t testing.TB, l net.Listener, dial func() (net.Conn, error), path string, opts worker.Options, loadApp loader) *testApp {
	t.Helper()
	a := &testApp{dial: dial, address: l.Addr().String(), t: t, path: path, stdout: newSink(), stderr: newSink(), log: newSink(), requestEnded: make(chan struct{}, 1)}
	opts.Stdout, opts.Stderr = a.stdout, a.stderr
	opts.Logger = slog.New(slog.NewTextHandler(a.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var err error
	if a.App, err = loadWith(t, path, opts, loadApp); err != nil {
		t.Fatalf("the application loads; got %v", err)
	}
	server := &http.Server{Handler: http.HandlerFunc(a.handle), ErrorLog: log.New(io.Discard, "", 0)}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the log of the application:\n%s", a.log)
		}
		a.stdout.unhold()
		cut, cancel := context.WithCancel(t.Context())
		cancel()
		_ = a.Shutdown(cut)
		_ = server.Close()
	})
	return a
}

// load loads the script at path, on the runtime under test unless opts has another one.
func load(t testing.TB, path string, opts worker.Options) (*worker.App, error) {
	t.Helper()
	return loadWith(t, path, opts, worker.Load)
}

// loader is the type of worker.Load.
type loader func(path string, opts worker.Options) (*worker.App, error)

// loadWith is load with another function than worker.Load.
func loadWith(t testing.TB, path string, opts worker.Options, loadApp loader) (*worker.App, error) {
	t.Helper()
	if opts.Runtime.Name == "" && !opts.Runtime.Process {
		opts.Runtime = runtimeOf(t, *runtimeName)
	}
	return loadApp(path, opts)
}

// rewrite replaces the application's script and reloads the application.
func (a *testApp) rewrite(script string) error {
	a.t.Helper()
	writeIn(a.t, filepath.Dir(a.path), filepath.Base(a.path), script)
	return a.Reload()
}

// reload replaces the script and fails the test if it cannot be loaded.
func (a *testApp) reload(script string) {
	a.t.Helper()
	if err := a.rewrite(script); err != nil {
		a.t.Fatalf("the new version is loaded; got %v", err)
	}
}

// until polls a condition until it is true. what describes the condition.
func (a *testApp) until(what string, is func() bool) {
	a.t.Helper()
	for late := time.Now().Add(testTimeout); !is(); {
		if time.Now().After(late) {
			a.t.Fatalf("%s: this did not happen. Workers: %+v", what, a.Workers())
		}
		time.Sleep(time.Millisecond)
	}
}

// state waits until a worker is in a state.
func (a *testApp) state(index int, want string) {
	a.t.Helper()
	a.until(fmt.Sprintf("worker %d is %s", index, want), func() bool { return a.Workers()[index].State == want })
}

func (a *testApp) handle(w http.ResponseWriter, r *http.Request) {
	context.AfterFunc(r.Context(), func() {
		select {
		case a.requestEnded <- struct{}{}:
		default: // the channel already has a value
		}
	})
	a.ServeHTTP(w, r)
}

// write creates a file in a new temporary folder and returns its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	return writeIn(t, t.TempDir(), name, text)
}

// writeIn creates a file in a folder and returns its path.
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

// answer is an HTTP response with its complete body.
type answer struct {
	*http.Response
	body string
}

// do sends a plain HTTP request. header alternates names and values.
func (a *testApp) do(method, path, body string, header ...string) answer {
	a.t.Helper()
	var content io.Reader
	if body != "" {
		content = strings.NewReader(body)
	}
	ctx, cancel := context.WithTimeout(a.t.Context(), testTimeout)
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
		a.t.Fatalf("the application responds; got %v", err)
	}
	defer func() { _ = response.Body.Close() }()
	got, err := io.ReadAll(response.Body)
	if err != nil {
		a.t.Fatalf("the response is complete; got %v", err)
	}
	return answer{response, string(got)}
}

// get sends a GET request and checks the status and the body of the response.
func (a *testApp) get(path string, status int, body string) answer {
	a.t.Helper()
	got := a.do(http.MethodGet, path, "")
	if got.StatusCode != status || strings.TrimSpace(got.body) != body {
		a.t.Errorf("GET %s is answered with %d %q; got %d %q", path, status, body, got.StatusCode, got.body)
	}
	return got
}

// sink is a writer that keeps its text, so that tests can wait for a part of it.
type sink struct {
	mu     sync.Mutex
	text   bytes.Buffer
	change chan struct{} // closed at the next write
	held   string        // a write that contains this text blocks until free is closed
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

// hold makes each write that contains text block until unhold is called. A call of console.log that prints it is then a
// built-in function that cannot be interrupted.
func (s *sink) hold(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = text
}

// unhold releases the writes that hold blocks. Later writes do not block.
func (s *sink) unhold() {
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

// now returns the text so far and a channel that is closed at the next write.
func (s *sink) now() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String(), s.change
}

// line waits for a line that contains all the parts and returns the first such line.
func (s *sink) line(t testing.TB, parts ...string) string {
	t.Helper()
	late := time.After(testTimeout)
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

// never fails the test if part has been printed.
func (s *sink) never(t testing.TB, part string) {
	t.Helper()
	if text := s.String(); strings.Contains(text, part) {
		t.Errorf("nothing with %q is printed; got:\n%s", part, text)
	}
}

// count returns how many times a text has been printed.
func (s *sink) count(part string) int { return strings.Count(s.String(), part) }

// hasAll reports whether text contains all the parts.
func hasAll(text string, parts []string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

// within calls step and fails the test if it does not return. what describes the expectation.
func within(t testing.TB, what string, step func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		step()
	}()
	select {
	case <-done:
	case <-time.After(testTimeout):
		t.Fatalf("%s: this did not happen", what)
	}
}

// discard is a logger without output.
var discard = slog.New(slog.DiscardHandler)

func isStopped(err error) bool { return errors.Is(err, worker.ErrStopped) }

// resident returns the resident memory of the process, in bytes, after unused memory has been returned to the system.
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
