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

// measure starts a server, puts it under load, and stops it. Load runs in a process of
// its own, which begins empty each time.
func (w workshop) measure(l library, x work, window time.Duration) (load.Sample, error) {
	done, err := takeTurn(os.TempDir())
	if err != nil {
		return load.Sample{}, err
	}
	defer done()
	cores, loadCore := pinned(runtime.NumCPU(), max(x.cores, 1))
	s, err := w.start(l, variant{fanout: x.Kind == load.Fanout, deflate: x.Deflate}, cores)
	if err != nil {
		return load.Sample{}, err
	}
	defer s.stop()
	self, err := os.Executable()
	if err != nil {
		return load.Sample{}, err
	}
	order, err := json.Marshal(order{s.to, s.pid(), x.timed(window)})
	if err != nil {
		return load.Sample{}, err
	}
	command := exec.Command("taskset", "-c", loadCore, self)
	command.Env = append(os.Environ(), orders+"="+string(order), "GODEBUG=asyncpreemptoff=1")
	var said, complaint bytes.Buffer
	command.Stdout, command.Stderr = &said, &complaint
	if err := command.Run(); err != nil {
		return load.Sample{}, fmt.Errorf("%w: %s", err, bytes.TrimSpace(complaint.Bytes()))
	}
	var found load.Sample
	return found, json.Unmarshal(said.Bytes(), &found)
}

// pinned says which cores are the server's and which is the load's: the first ones and the
// last. On a machine with too few they share.
func pinned(machine, server int) (servers, loads string) {
	last := max(machine-1, 0)
	server = min(server, machine)
	return "0-" + strconv.Itoa(server-1), strconv.Itoa(last)
}

// orders is the variable of the environment that makes this program the load.
const orders = "LINGER_BENCH_LOAD"

// order is what the load is told.
type order struct {
	To   netip.AddrPort
	PID  int
	Work load.Work
}

// obey is the load's side of measure.
func obey(text string, out io.Writer) error {
	var o order
	if err := json.Unmarshal([]byte(text), &o); err != nil {
		return fmt.Errorf("%s: %w", orders, err)
	}
	found, err := load.Run(o.To, o.PID, o.Work)
	return errors.Join(err, json.NewEncoder(out).Encode(found))
}
