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

// echoScript answers behind an await. Who asks is told how many connections have not had
// their close event, by its own count, and how many there are by Linger's.
const echoScript = `
let open = 0;
addEventListener("websocketupgrade", (event) => { event.accept({ data: 0 }); open++; });
addEventListener("websocketmessage", async ({ source, data }) => { await null; source.data++; source.send(data); });
addEventListener("websocketclose", () => { open--; });
addEventListener("fetch", (event) => event.respondWith(
	clients.matchAll({ type: "websocket" }).then((list) => new Response(open + " " + list.length))));`

// victim is the server under assault.
type victim struct {
	t              *testing.T
	process        *exec.Cmd
	stdout, stderr output
	address        string
	ended          chan error
	slowest        slowest // answer to who behaves
}

func startVictim(t *testing.T) *victim {
	t.Helper()
	program, err := exec.LookPath("linger")
	if err != nil {
		t.Fatal(err)
	}
	app := filepath.Join(t.TempDir(), "app.js")
	if err := os.WriteFile(app, []byte(echoScript), 0o600); err != nil {
		t.Fatal(err)
	}
	v := &victim{t: t, ended: make(chan error, 1)}
	v.process = exec.Command(program, "run", "--listen=127.0.0.1:0", "--compression",
		"--header-timeout=1s", "--upgrade-timeout=5s", "--write-timeout=1s", app)
	v.process.Stdout, v.process.Stderr = &v.stdout, &v.stderr
	if err := v.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = v.process.Process.Kill() }) // it may have ended
	go func() { v.ended <- v.process.Wait() }()
	v.eventually("it runs", func() string {
		found := urlPrinted.FindStringSubmatch(v.stdout.String())
		if found == nil {
			return "its log is: " + v.stderr.String()
		}
		v.address = found[1]
		return ""
	})
	return v
}

// eventually waits until a condition has no objection any more.
func (v *victim) eventually(what string, objection func() string) {
	v.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		why := objection()
		if why == "" {
			return
		}
		if time.Now().After(deadline) {
			v.t.Fatalf("%s; after %v it does not: %s", what, patience, why)
		}
	}
}

type footprint struct{ descriptors, resident int }

func (f footprint) String() string {
	return fmt.Sprintf("%d descriptors and %d MiB", f.descriptors, f.resident>>20)
}

// footprint tells what the process holds, where the system tells that.
func (v *victim) footprint() (f footprint) {
	root := fmt.Sprintf("/proc/%d/", v.process.Process.Pid)
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

// recovers waits until nothing of the assault is left.
func (v *victim) recovers(before footprint) {
	v.t.Helper()
	v.eventually("the descriptors of all who are gone are given back", func() string {
		if now := v.footprint(); now.descriptors > before.descriptors+1 {
			return fmt.Sprintf("it has %v, and had %v", now, before)
		}
		return ""
	})
	v.eventually("each connection has had its close event, and is listed no more", func() string {
		if left := v.left(); left != "0 0" {
			return "left and listed are " + left
		}
		return ""
	})
	if grown := v.footprint().resident - before.resident; grown > mostGrowth {
		v.t.Errorf("memory grows by %d MiB at the most; it has by %d MiB", mostGrowth>>20, grown>>20)
	}
	over, cancel := context.WithCancel(v.t.Context())
	cancel() // one burst is enough
	if _, ok := behave(over, v.t, v, rand.New(rand.NewPCG(1, 1))); !ok {
		v.t.Error("a client that comes now is served")
	}
}

// left asks the application how many connections are left.
func (v *victim) left() string {
	response, err := (&http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}).Get("http://" + v.address)
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

// end checks that the process ends when it is told to, and that it has had nothing to
// complain of.
func (v *victim) end() {
	v.t.Helper()
	if err := v.process.Process.Signal(syscall.SIGTERM); err != nil {
		v.t.Errorf("the process is alive; got %v", err)
	}
	select {
	case err := <-v.ended:
		if err != nil {
			v.t.Errorf("it ends when it is told to, with status 0; got %v", err)
		}
	case <-time.After(patience):
		v.t.Error("it ends when it is told to; it did not")
	}
	if word := crash.FindString(v.stderr.String()); word != "" {
		v.t.Errorf("its log has no %q; it is:\n%.4000s", word, v.stderr.String())
	}
	const kinds, linesOfEach = 12, 11 // ten, and how many more there were
	if lines := strings.Count(v.stderr.String(), "\n"); lines > kinds*linesOfEach {
		v.t.Errorf("hostile clients cannot fill the log; it has %d lines:\n%.4000s", lines, v.stderr.String())
	}
}
