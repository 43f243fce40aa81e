package interop_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"
)

// scriptPeer returns a peer that is a script in testdata. One process serves all connections of a variant.
func scriptPeer(name, runtime, script string) peer {
	var lock sync.Mutex
	running := map[variant]*process{}
	start := func(t *testing.T, v variant) *process {
		needPackages(t)
		lock.Lock()
		defer lock.Unlock()
		if running[v] == nil {
			running[v] = startProcess(t, runtime, script, v)
		}
		return running[v]
	}
	return peer{
		name: name,
		serve: func(t *testing.T, v variant) (string, <-chan report) {
			p := start(t, v)
			id, ended := p.expect()
			select {
			case <-p.ready:
			case <-within(t).Done():
			}
			if p.port == 0 {
				t.Fatalf("%s does not print the port of its server", script)
			}
			return fmt.Sprintf("ws://127.0.0.1:%d/%s", p.port, id), ended
		},
		dial: func(t *testing.T, url string, v variant) <-chan report {
			p := start(t, v)
			id, ended := p.expect()
			if _, err := fmt.Fprintln(p.input, url, id); err != nil {
				t.Fatalf("%s does not run: %v", script, err)
			}
			return ended
		},
	}
}

// process is a running script. It runs until its input ends, at the latest when the process of the tests ends.
type process struct {
	input io.Writer
	ready chan struct{} // closed when port is known or the process has ended
	port  int           // the port of its server

	mu    sync.Mutex
	last  int                    // the id of the last connection
	ended map[string]chan report // by id: receives the report of a connection; nil after the process has ended
}

func startProcess(t *testing.T, runtime, script string, v variant) *process {
	t.Helper()
	probe := exec.Command(runtime, "--version")
	probe.Dir = "testdata"
	if output, err := probe.CombinedOutput(); err != nil {
		t.Skipf("this peer is not tested because %s does not run: %v\n%s", runtime, err, output)
	}
	command := exec.Command(runtime, script, v.String())
	command.Dir, command.Stderr = "testdata", os.Stderr
	input, err := command.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	p := &process{input: input, ready: make(chan struct{}), ended: map[string]chan report{}}
	go p.read(output)
	return p
}

// expect returns an id for a new connection and the channel of its report.
func (p *process) expect() (id string, ended <-chan report) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	id = strconv.Itoa(p.last)
	c := make(chan report, 1)
	if p.ended == nil {
		close(c)
	} else {
		p.ended[id] = c
	}
	return id, c
}

// read reads the output of the script.
func (p *process) read(output io.Reader) {
	for lines := bufio.NewScanner(output); lines.Scan(); {
		var line struct {
			Port   int
			ID     string
			Report report
		}
		err := json.Unmarshal(lines.Bytes(), &line)
		switch {
		case err == nil && line.Port != 0 && p.port == 0:
			p.port = line.Port
			close(p.ready)
		case err == nil && p.deliver(line.ID, line.Report):
		default:
			fmt.Fprintln(os.Stderr, "unexpected output of a script:", lines.Text())
		}
	}
	if p.port == 0 {
		close(p.ready)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.ended {
		close(c)
	}
	p.ended = nil
}

// deliver delivers the report of a connection. It returns false if none is expected.
func (p *process) deliver(id string, r report) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, expected := p.ended[id]
	if expected {
		c <- r
		delete(p.ended, id)
	}
	return expected
}
