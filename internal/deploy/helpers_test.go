package deploy_test

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testprogram"
)

// patience bounds each wait of a test. Only a test that fails reaches it.
const patience = time.Minute

// root is the root of the repository.
const root = "../.."

// within returns a context that ends after patience.
func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// program returns the path of an installed program, and skips the test if it is not installed.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if path := filepath.Join("/usr/sbin", name); isFile(path) {
		return path
	}
	if os.Getenv("TESTS_REQUIRE_FRONTENDS") != "" {
		t.Fatal(err)
	}
	t.Skipf("%s is not installed", name)
	return ""
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// build builds the command.
var build = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "linger-deploy")
	if err != nil {
		return "", err
	}
	built = folder
	return testprogram.Build(root, testprogram.Command, folder)
})

var built string // the folder of the command, if build has been called

// linger returns the path of the command, which is built once.
func linger(t *testing.T) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMain removes what linger has built.
func TestMain(m *testing.M) {
	status := m.Run()
	_ = os.RemoveAll(built)
	os.Exit(status)
}

// read returns a file of the repository.
func read(t *testing.T, parts ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(append([]string{root}, parts...)...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// write writes a file into a temporary folder and returns its path.
func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// substitute replaces texts, each of which must occur.
func substitute(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(text, pairs[i]) {
			t.Fatalf("the file has %q", pairs[i])
		}
		text = strings.ReplaceAll(text, pairs[i], pairs[i+1])
	}
	return text
}

// freePort returns a port of the loopback interface that is free.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// output is what a process has printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// process is a program in the background.
type process struct {
	*exec.Cmd
	output output
	ended  chan struct{} // closed when it has ended
}

// start starts a program, which is killed at the end of the test.
func start(t *testing.T, folder string, env []string, path string, args ...string) *process {
	t.Helper()
	p := &process{Cmd: exec.Command(path, args...), ended: make(chan struct{})}
	p.Dir, p.Env = folder, append(os.Environ(), env...)
	p.Stdout, p.Stderr = &p.output, &p.output
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() {
		_ = p.Process.Kill()
		<-p.ended
		if t.Failed() {
			t.Logf("%s has printed:\n%s", filepath.Base(path), p.output.String())
		}
	})
	return p
}

// application is a running Linger.
type application struct {
	*process
	port, admin string // ports of the loopback interface
}

var runsAt = regexp.MustCompile(`runs at http://127\.0\.0\.1:(\d+)/`)

// script is an application that reports addresses, echoes messages, and closes when it is asked to.
const script = `
	addEventListener("websocketupgrade", (event) => {
		event.accept().send(event.request.headers.get("x-forwarded-proto") + " " + event.remoteAddress);
	});
	addEventListener("websocketmessage", ({ source, data }) => {
		if (data === "close") source.close(4001, "moved");
		else source.send(data);
	});
	addEventListener("fetch", (event) => event.respondWith(new Response("page")));
`

// run starts Linger with arguments for linger run.
func run(t *testing.T, args ...string) *application {
	t.Helper()
	app := write(t, "app.js", script)
	a := &application{admin: freePort(t)}
	args = append([]string{"run", "--listen=127.0.0.1:0", "--admin-listen=127.0.0.1:" + a.admin}, append(args, app)...)
	a.process = start(t, filepath.Dir(app), nil, linger(t), args...)
	await(t, "Linger runs", func() bool {
		found := runsAt.FindStringSubmatch(a.output.String())
		if found != nil {
			a.port = found[1]
		}
		return found != nil
	})
	return a
}

// await waits until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// accepts reports whether a port of the loopback interface accepts connections.
func accepts(port string) bool {
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return false
	}
	_ = conn.Close()
	return true
}

// statusOf returns the status of a GET request, 0 without a response.
func statusOf(url string) int {
	client := http.Client{Timeout: patience}
	response, err := client.Get(url)
	if err != nil {
		return 0
	}
	_ = response.Body.Close()
	return response.StatusCode
}
