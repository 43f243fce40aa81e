//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"time"

	"github.com/lingerws/linger/bench/load"
)

// measure starts a server, measures it under the work x, and stops it.
func (w workspace) measure(l library, x work, window time.Duration) (load.Sample, error) {
	done, err := takeTurn(os.TempDir())
	if err != nil {
		return load.Sample{}, err
	}
	defer done()
	cores, loadCore := pinned(runtime.NumCPU(), max(x.cores, 1))
	s, err := w.start(l, x.variant(), cores, x.flags...)
	if err != nil {
		return load.Sample{}, err
	}
	defer s.stop()
	if x.measure != nil {
		return x.measure(s)
	}
	return s.underLoad(x.timed(window), loadCore)
}

// underLoad measures the server under a load, which a new process on a given core generates.
func (s *server) underLoad(x load.Work, core string) (load.Sample, error) {
	self, err := os.Executable()
	if err != nil {
		return load.Sample{}, err
	}
	request, err := json.Marshal(loadRequest{s.to, s.pid(), x})
	if err != nil {
		return load.Sample{}, err
	}
	command := exec.Command("taskset", "-c", core, self)
	command.Env = append(os.Environ(), loadEnv+"="+string(request), "GODEBUG=asyncpreemptoff=1")
	var stdout, stderr bytes.Buffer
	command.Stdout, command.Stderr = &stdout, &stderr
	if err := command.Run(); err != nil {
		return load.Sample{}, fmt.Errorf("%w: %s", err, bytes.TrimSpace(stderr.Bytes()))
	}
	var sample load.Sample
	return sample, json.Unmarshal(stdout.Bytes(), &sample)
}

// pinned returns the cores of the server, the first ones, and that of the load generator,
// the last. On a machine with too few cores they overlap.
func pinned(machine, server int) (servers, loads string) {
	last := max(machine-1, 0)
	server = min(server, machine)
	return "0-" + strconv.Itoa(server-1), strconv.Itoa(last)
}

// loadEnv is the environment variable that makes this program run as the load generator. It
// holds a [loadRequest] in JSON.
const loadEnv = "LINGER_BENCH_LOAD"

// loadRequest contains what the load generator measures.
type loadRequest struct {
	To   netip.AddrPort
	PID  int
	Work load.Work
}

// runLoad runs the load generator for measure and writes the sample to out.
func runLoad(text string, out io.Writer) error {
	var request loadRequest
	if err := json.Unmarshal([]byte(text), &request); err != nil {
		return fmt.Errorf("%s: %w", loadEnv, err)
	}
	sample, err := load.Run(request.To, request.PID, request.Work)
	return errors.Join(err, json.NewEncoder(out).Encode(sample))
}
