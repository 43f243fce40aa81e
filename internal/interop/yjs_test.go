package interop_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/testprogram"
)

// yjsFolder is the folder of the example, which has two servers and clients of y-websocket.
var yjsFolder = filepath.Join("..", "..", "examples", "yjs")

// yjsTimeout bounds each step of a test.
const yjsTimeout = time.Minute

// buildLinger builds the linger command and returns its path.
func buildLinger(t *testing.T) string {
	t.Helper()
	path, err := testprogram.Build("../..", testprogram.Command, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// yjsServer is one of the example's servers. A request for /crash makes its engine fail.
type yjsServer struct {
	t       *testing.T
	command *exec.Cmd
	address string
	lines   chan string // the lines of its output
}

func startYjs(t *testing.T, linger, variant string, flags ...string) *yjsServer {
	t.Helper()
	server, err := filepath.Abs(filepath.Join(yjsFolder, variant+".js"))
	if err != nil {
		t.Fatal(err)
	}
	app := filepath.Join(t.TempDir(), "app.js")
	script := fmt.Sprintf("import %q;\naddEventListener('fetch', () => { for (;;); });\n", server)
	if err := os.WriteFile(app, []byte(script), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &yjsServer{t: t, lines: make(chan string, 1<<10)}
	s.command = exec.Command(linger, append(append([]string{"run", "--listen=127.0.0.1:0", "--event-timeout=1s"}, flags...), app)...)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s.command.Stdout, s.command.Stderr = write, write
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	_ = write.Close()
	t.Cleanup(func() { _ = s.command.Process.Kill(); _ = s.command.Wait() })
	go func() {
		defer close(s.lines)
		for lines := bufio.NewScanner(read); lines.Scan(); {
			s.lines <- lines.Text()
		}
	}()
	found := regexp.MustCompile(` runs at http://(\S+)/$`).FindStringSubmatch(s.waitLine(" runs at "))
	s.address = found[1]
	return s
}

// waitLine waits for a line of the output that contains part, and returns it.
func (s *yjsServer) waitLine(part string) string {
	s.t.Helper()
	late := time.After(yjsTimeout)
	var all strings.Builder
	for {
		select {
		case line, open := <-s.lines:
			all.WriteString(line + "\n")
			if strings.Contains(line, part) {
				return line
			}
			if !open {
				s.t.Fatalf("the server has ended without printing %q; its output is:\n%s", part, all.String())
			}
		case <-late:
			s.t.Fatalf("the server does not print %q; its output is:\n%s", part, all.String())
		}
	}
}

// reload reloads the server's script.
func (s *yjsServer) reload() {
	s.t.Helper()
	if err := s.command.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Fatal(err)
	}
	s.waitLine("application reloaded")
}

// crash makes an engine of the server fail, so that it is replaced and its variables are lost.
func (s *yjsServer) crash() {
	s.t.Helper()
	client := http.Client{Timeout: yjsTimeout}
	response, err := client.Get("http://" + s.address + "/crash")
	if err != nil {
		s.t.Fatal(err)
	}
	_ = response.Body.Close()
	s.waitLine("worker replaced")
}

// yjsClients are clients of y-websocket in a Node process.
type yjsClients struct {
	t       *testing.T
	input   io.Writer
	answers chan yjsAnswer
}

type yjsAnswer struct {
	Text        string
	Connections int
}

func startYjsClients(t *testing.T) *yjsClients {
	t.Helper()
	node := exec.Command("node", "client.mjs")
	node.Dir, node.Stderr = yjsFolder, os.Stderr
	input, err := node.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := node.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = node.Process.Kill(); _ = node.Wait() })
	c := &yjsClients{t, input, make(chan yjsAnswer)}
	go func() {
		defer close(c.answers)
		for lines := json.NewDecoder(output); ; {
			var answer yjsAnswer
			if lines.Decode(&answer) != nil {
				return
			}
			c.answers <- answer
		}
	}()
	return c
}

// do carries out commands in order and returns the last answer.
func (c *yjsClients) do(commands ...string) (last yjsAnswer) {
	c.t.Helper()
	for _, command := range commands {
		if _, err := fmt.Fprintln(c.input, command); err != nil {
			c.t.Fatalf("%s: the clients have ended: %v", command, err)
		}
		select {
		case answer, open := <-c.answers:
			if !open {
				c.t.Fatalf("%s: the clients have ended", command)
			}
			last = answer
		case <-time.After(yjsTimeout):
			c.t.Fatalf("%s: not within %v", command, yjsTimeout)
		}
	}
	return last
}

// yjsLosses are the ways in which a server loses the variables of an engine.
var yjsLosses = map[string]struct {
	flags []string
	lose  func(s *yjsServer)
}{
	"a reload":                    {nil, (*yjsServer).reload},
	"a reload of two workers":     {[]string{"--workers=2"}, (*yjsServer).reload},
	"a crash":                     {nil, (*yjsServer).crash},
	"two reloads and a crash":     {nil, func(s *yjsServer) { s.reload(); s.reload(); s.crash() }},
	"a reload of a sleepy server": {[]string{"--sleep-after=1ms"}, (*yjsServer).reload},
}

// TestYjs checks what docs/workers.md states about the example: after the server has lost its variables two clients still
// see each other's changes, and so does one that connects later.
func TestYjs(t *testing.T) {
	if why := install(yjsFolder); why != "" {
		t.Skip("the Yjs example is not tested: " + why)
	}
	linger := buildLinger(t)
	for _, variant := range []string{"stay", "close"} {
		for name, loss := range yjsLosses {
			if variant == "close" && len(loss.flags) > 0 && loss.flags[0] == "--workers=2" {
				continue // its documents exist in one worker only
			}
			t.Run(variant+", "+name, func(t *testing.T) {
				t.Parallel()
				s := startYjs(t, linger, variant, loss.flags...)
				c := startYjsClients(t)
				open := " open ws://" + s.address + " notes"
				c.do("ann"+open, "bob"+open, "ann type one", "bob wait one", "bob type -two", "ann wait one-two", "ann present 2", "bob present 2")
				loss.lose(s)
				if variant == "close" {
					c.do("ann connected 2", "bob connected 2") // the clients have reconnected
				}
				c.do("bob type -three", "ann wait one-two-three", "ann type -four", "bob wait one-two-three-four")
				c.do("eve"+open, "eve wait one-two-three-four", "eve type -five", "ann wait one-two-three-four-five", "bob wait one-two-three-four-five")
				c.do("bob leave", "eve present 2", "ann present 2")
				if ann := c.do("ann connected 1"); (ann.Connections == 1) != (variant == "stay") {
					t.Errorf("with the server %q ann has connected %d times", variant, ann.Connections)
				}
			})
		}
	}
}
