package proxyends

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the results of other proxies to docs/proxy.md")

// other is another proxy, to compare with.
type other struct {
	name, program string
	args          []string // {config} is replaced with the path of the configuration file
	config        string   // {front} and {back} are replaced with addresses, {dir} with a directory
}

var others = []other{
	{"nginx", "nginx", []string{"-c", "{config}", "-e", "stderr"}, `
daemon off;
master_process off;
pid {dir}/pid;
error_log stderr crit;
events {}
http {
	access_log off;
	client_body_temp_path {dir}; proxy_temp_path {dir}; fastcgi_temp_path {dir}; uwsgi_temp_path {dir}; scgi_temp_path {dir};
	server {
		listen {front};
		location / {
			proxy_pass http://{back};
			proxy_http_version 1.1;
			proxy_set_header Upgrade $http_upgrade;
			proxy_set_header Connection upgrade;
		}
	}
}
`},
	{"HAProxy", "haproxy", []string{"-db", "-f", "{config}"}, `
defaults
	mode http
	timeout connect 5s
	timeout client 30s
	timeout server 30s
	timeout tunnel 1h
listen proxy
	bind {front}
	server backend {back}
`},
}

// start starts the proxy, configured as its documentation recommends for WebSocket, and
// returns its address.
func (o other) start(t *testing.T, back string) (front string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	front = l.Addr().String()
	_ = l.Close()
	dir := t.TempDir()
	fill := strings.NewReplacer("{front}", front, "{back}", back, "{dir}", dir, "{config}", filepath.Join(dir, "config"))
	if err := os.WriteFile(filepath.Join(dir, "config"), []byte(fill.Replace(o.config)), 0o600); err != nil {
		t.Fatal(err)
	}
	args := make([]string, len(o.args))
	for i, arg := range o.args {
		args[i] = fill.Replace(arg)
	}
	var output bytes.Buffer
	cmd := exec.Command(o.program, args...)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) { // a process cannot be awaited in another way
		conn, err := net.Dial("tcp", front)
		if err == nil {
			_ = conn.Close()
			return front
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not listen: %v", o.name, err)
		}
	}
}

// measure plays all cases and returns the differences from the table by case.
func (o other) measure(t *testing.T) map[string][]string {
	backend, err := NewBackend()
	if err != nil {
		t.Fatal(err)
	}
	defer backend.Close()
	front := o.start(t, backend.Addr())
	found := map[string][]string{}
	for _, c := range Cases(BackendLost, ClientLost) {
		p, err := backend.Open(front, time.Second)
		if err != nil {
			t.Fatal(err)
		}
		seen, err := p.Play(c)
		p.Close()
		found[c.Name] = c.Differences(seen)
		if err != nil {
			found[c.Name] = append(found[c.Name], "then nothing can be sent")
		}
	}
	return found
}

const (
	tableBegin = "<!-- others: go test ./internal/proxyends -run Others -update -->\n"
	tableEnd   = "<!-- /others -->\n"
)

// table returns the table of docs/proxy.md.
func table(found map[string]map[string][]string) string {
	var b strings.Builder
	b.WriteString("\n| what happens | what client and backend must see |")
	for _, o := range others {
		fmt.Fprintf(&b, " %s |", o.name)
	}
	b.WriteString("\n|---|---|" + strings.Repeat("---|", len(others)) + "\n")
	for _, c := range Cases(BackendLost, ClientLost) {
		var sees []string
		for _, step := range c.Steps {
			if step.Sees {
				sees = append(sees, step.String())
			}
		}
		fmt.Fprintf(&b, "| %s | %s |", c.Name, strings.Join(sees, "; "))
		for _, o := range others {
			cell := strings.Join(found[o.name][c.Name], "; ")
			if cell == "" {
				cell = "the same"
			}
			fmt.Fprintf(&b, " %s |", cell)
		}
		b.WriteString("\n")
	}
	return b.String() + "\n"
}

// TestOthers compares with nginx and HAProxy, if they are installed. With -update it
// writes the table in docs/proxy.md.
func TestOthers(t *testing.T) {
	found := map[string]map[string][]string{}
	for _, o := range others {
		if _, err := exec.LookPath(o.program); err != nil {
			t.Skipf("%s is not installed; docs/proxy.md has its results", o.name)
		}
		found[o.name] = o.measure(t)
	}
	if !*update {
		for _, o := range others {
			if differences := found[o.name]["messages of the client after the backend's Close"]; len(differences) > 0 {
				t.Errorf("%s does not forward messages after a Close: %q", o.name, differences)
			}
		}
		return
	}
	const page = "../../docs/proxy.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), tableBegin)
	_, after, ok2 := strings.Cut(rest, tableEnd)
	if !ok || !ok2 {
		t.Fatal("docs/proxy.md does not have the markers of the table")
	}
	if err := os.WriteFile(page, []byte(before+tableBegin+table(found)+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
