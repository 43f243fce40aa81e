//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// echoScript echoes each message after an await. A plain request gets two numbers: the connections whose close event the
// script has not handled, and the connections that Linger lists.
const echoScript = `
let open = 0;
addEventListener("websocketupgrade", (event) => { event.accept({ data: 0 }); open++; });
addEventListener("websocketmessage", async ({ source, data }) => { await null; source.data++; source.send(data); });
addEventListener("websocketclose", () => { open--; });
addEventListener("fetch", (event) => event.respondWith(
	clients.matchAll({ type: "websocket" }).then((list) => new Response(open + " " + list.length))));`

// target is the server under attack.
type target struct {
	t              *testing.T
	process        *exec.Cmd
	stdout, stderr output
	address        string
	ended          chan error
	slowest        slowest // the slowest echoes of a burst of a well-behaved client
}

func startTarget(t *testing.T) *target {
	t.Helper()
	program, err := exec.LookPath("linger")
	if err != nil {
		t.Fatal(err)
	}
	app := filepath.Join(t.TempDir(), "app.js")
	if err := os.WriteFile(app, []byte(echoScript), 0o600); err != nil {
		t.Fatal(err)
	}
	s := &target{t: t, ended: make(chan error, 1)}
	s.process = exec.Command(program, "run", "--listen=127.0.0.1:0", "--compression",
		"--header-timeout=1s", "--upgrade-timeout=5s", "--write-timeout=1s", app)
	s.process.Stdout, s.process.Stderr = &s.stdout, &s.stderr
	if err := s.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.process.Process.Kill() }) // it may have exited
	go func() { s.ended <- s.process.Wait() }()
	s.eventually("the server must print its address", func() string {
		found := urlPrinted.FindStringSubmatch(s.stdout.String())
		if found == nil {
			return "its log is " + s.stderr.String()
		}
		s.address = found[2]
		return ""
	})
	return s
}

// eventually waits until problem returns "". what describes the awaited state.
func (s *target) eventually(what string, problem func() string) {
	s.t.Helper()
	for deadline := time.Now().Add(testTimeout); ; time.Sleep(5 * time.Millisecond) {
		got := problem()
		if got == "" {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s; not so after %v: %s", what, testTimeout, got)
		}
	}
}

// footprint is the number of descriptors and of bytes of resident memory that a process uses.
type footprint struct{ descriptors, resident int }

func (f footprint) String() string {
	return fmt.Sprintf("%d descriptors and %d MiB", f.descriptors, f.resident>>20)
}

// footprint returns the footprint of the process, or zeros on systems without /proc.
func (s *target) footprint() (f footprint) {
	root := fmt.Sprintf("/proc/%d/", s.process.Process.Pid)
	if list, err := os.ReadDir(root + "fd"); err == nil {
		f.descriptors = len(list)
	}
	if statm, err := os.ReadFile(root + "statm"); err == nil {
		var size int
		_, _ = fmt.Sscan(string(statm), &size, &f.resident)
		f.resident *= os.Getpagesize()
	}
	return f
}

// wantRecovery waits until the server has released all that belonged to the attackers.
func (s *target) wantRecovery(before footprint) {
	s.t.Helper()
	s.eventually("the descriptors of closed connections must be released", func() string {
		if now := s.footprint(); now.descriptors > before.descriptors+1 {
			return fmt.Sprintf("the server has %v, and had %v before", now, before)
		}
		return ""
	})
	s.eventually("each connection must get its close event and be removed from the list", func() string {
		if counts := s.counts(); counts != "0 0" {
			return "the numbers of open and of listed connections are " + counts
		}
		return ""
	})
	if grown := s.footprint().resident - before.resident; grown > maxGrowth {
		s.t.Errorf("resident memory may grow by %d MiB; it has grown by %d MiB", maxGrowth>>20, grown>>20)
	}
	cancelled, cancel := context.WithCancel(s.t.Context())
	cancel() // one burst is enough
	if _, ok := runGoodClient(cancelled, s.t, s, rand.New(rand.NewPCG(1, 1))); !ok {
		s.t.Error("a new client must be served after the attack")
	}
}

// counts returns the response of echoScript to a plain request.
func (s *target) counts() string {
	response, err := (&http.Client{Timeout: testTimeout, Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + s.address)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

var crash = regexp.MustCompile(`panic|goroutine |fatal error|DATA RACE|level=ERROR`)

// terminate sends SIGTERM, and checks that the process ends with status 0 and that its log contains neither crashes nor
// too many lines.
func (s *target) terminate() {
	s.t.Helper()
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Errorf("the process must still run; got %v", err)
	}
	select {
	case err := <-s.ended:
		if err != nil {
			s.t.Errorf("SIGTERM must end the process with status 0; got %v", err)
		}
	case <-time.After(testTimeout):
		s.t.Errorf("SIGTERM must end the process; it still runs after %v", testTimeout)
	}
	if word := crash.FindString(s.stderr.String()); word != "" {
		s.t.Errorf("the log must not contain %q; it is:\n%.4000s", word, s.stderr.String())
	}
	const kinds, linesPerKind = 12, 11 // the limiter logs ten lines of a kind, then one with the number of suppressed ones
	if lines := strings.Count(s.stderr.String(), "\n"); lines > kinds*linesPerKind {
		s.t.Errorf("the log must have at most %d lines; it has %d:\n%.4000s", kinds*linesPerKind, lines, s.stderr.String())
	}
}
