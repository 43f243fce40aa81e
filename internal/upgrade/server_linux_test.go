package upgrade

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/lingerws/linger/internal/testprogram"
)

var given = flag.String("linger", "", "the path of the binary that is tested; by default it is built")

// built builds linger once, and returns the path of the binary.
var built = sync.OnceValues(func() (string, error) {
	if *given != "" {
		return filepath.Abs(*given)
	}
	folder, err := os.MkdirTemp("", "linger-upgrade")
	if err != nil {
		return "", err
	}
	temporary = folder
	return testprogram.Build("../..", testprogram.Command, folder)
})

var temporary string // the folder of the binary, if it was built

// lingerBinary returns the path of linger.
func lingerBinary(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// server is a linger that is replaced by new processes, which are all found by mark.
type server struct {
	t       *testing.T
	app     string // the folder of the application in testdata
	mark    string
	binary  string
	folder  string // of the application
	address string // host and port
	admin   string // the URL of the administration
	first   int    // the id of the first process
	log     *output
	client  http.Client
}

var marks atomic.Int32

// start starts linger with the application of most tests, and waits until it has printed its addresses.
func start(t *testing.T, flags ...string) *server {
	t.Helper()
	return startApp(t, "testdata", flags...)
}

// startApp is start with the application of a folder.
func startApp(t *testing.T, app string, flags ...string) *server {
	t.Helper()
	s := &server{t: t, app: app, mark: fmt.Sprintf("%d.%d", os.Getpid(), marks.Add(1)), binary: lingerBinary(t), folder: t.TempDir(), log: &output{}}
	s.client = http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: timeout}
	if text, err := os.ReadFile(filepath.Join(app, "wrangler.jsonc")); err == nil {
		if err := os.WriteFile(filepath.Join(s.folder, "wrangler.jsonc"), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.writeApp("1")
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	args := append([]string{"run", "app.js", "--admin-listen=127.0.0.1:0", "--log-format=json"}, flags...)
	if !slices.ContainsFunc(flags, func(flag string) bool { return strings.HasPrefix(flag, "--listen=") }) {
		args = append(args, "--listen=127.0.0.1:0")
	}
	command := exec.Command(s.binary, args...)
	command.Dir = s.folder
	command.Env = append(os.Environ(), marker+"="+s.mark)
	command.Stdout, command.Stderr = writer, writer
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = writer.Close()
	s.first = command.Process.Pid
	logged := make(chan struct{})
	go func() {
		defer close(logged)
		_, _ = io.Copy(s.log, reader) // until all processes have ended
	}()
	t.Cleanup(func() {
		s.kill()
		<-logged
		if t.Failed() {
			t.Logf("the log of linger:\n%s", s.log.last(200))
		}
	})
	s.address = s.printed(`runs at http://([^/]+)/`)
	s.admin = s.printed(`(?:dashboard|administration) at (\S+?)/?"`)
	return s
}

// printed waits until the log has a match, and returns the part of it in parentheses.
func (s *server) printed(pattern string) string {
	s.t.Helper()
	var found []string
	if !eventually(s.t, "the log has "+pattern, func() bool {
		found = regexp.MustCompile(pattern).FindStringSubmatch(s.log.String())
		return found != nil
	}) {
		s.t.FailNow()
	}
	return found[1]
}

// kill ends all processes.
func (s *server) kill() {
	eventually(s.t, "all processes have ended after SIGKILL", func() bool {
		pids := processesOf(s.mark)
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL)
			_, _ = hasEnded(pid)
		}
		return len(pids) == 0
	})
}

// writeApp writes a version of the application.
func (s *server) writeApp(version string) {
	text, err := os.ReadFile(filepath.Join(s.app, "app.js"))
	if err == nil {
		err = s.replaceApp(bytes.ReplaceAll(text, []byte("VERSION"), []byte(version)))
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// breakApp writes an application that cannot be loaded.
func (s *server) breakApp() {
	if err := s.replaceApp([]byte("throw new Error('cannot be loaded');")); err != nil {
		s.t.Fatal(err)
	}
}

// replaceApp replaces the file of the application at once, because a process may be loading it.
func (s *server) replaceApp(text []byte) error {
	path := filepath.Join(s.folder, "app.js")
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// status is a part of the answer to GET /v1/status.
type status struct {
	PID         int    `json:"pid"`
	State       string `json:"state"`
	Connections int    `json:"connections"`
}

// status returns the status of the process that answers the administration.
func (s *server) status() (st status, err error) {
	err = s.request(http.MethodGet, "/v1/status", nil, &st)
	return st, err
}

// pid returns the id of the process that answers the administration.
func (s *server) pid() int {
	s.t.Helper()
	st, err := s.status()
	if err != nil {
		s.t.Fatal(err)
	}
	return st.PID
}

// request sends a request to the administration. The answer is decoded if answer is not nil.
func (s *server) request(method, path string, body []byte, answer any) error {
	request, err := http.NewRequestWithContext(context.Background(), method, s.admin+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := s.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 != 2 {
		err = fmt.Errorf("%s %s is answered with %d: %.300s", method, path, response.StatusCode, text)
	}
	if err == nil && answer != nil {
		err = json.Unmarshal(text, answer)
	}
	return err
}

// run runs a command of linger for this server, and returns its output. The error has the output too.
func (s *server) run(args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*timeout)
	defer cancel()
	command := exec.CommandContext(ctx, s.binary, append(args, "--admin="+s.admin)...)
	text, err := command.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("linger %s: %w: %s", strings.Join(args, " "), err, text)
	}
	return string(text), err
}

// output collects the log of processes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// String returns the whole log.
func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// last returns the last n lines.
func (o *output) last(n int) string {
	lines := strings.Split(o.String(), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
