package survival

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

var (
	runtimes      = flag.String("runtimes", "node", "the runtimes of the survival test with child processes, separated by commas: node, bun, deno, process")
	childrenPlans = map[string]plan{
		"short": {
			workers: 2, clients: 40, reloads: 4, loops: 1, hoards: 1, sleeps: 1, timeout: 4 * time.Second, memory: 64 << 20,
			killed: 2, stopped: 1, exits: 1, aborts: 1, crashes: 1, floods: 1,
			warm: 200 * time.Millisecond, pause: 100 * time.Millisecond, pace: 400 * time.Millisecond,
			grown: footprint{heap: 8 << 20, resident: 24 << 20},
		},
		"long": {
			workers: 4, clients: 500, reloads: 50, loops: 10, hoards: 5, sleeps: 10, streaks: 2, timeout: 10 * time.Second, memory: 64 << 20,
			killed: 30, stopped: 10, exits: 10, aborts: 5, crashes: 10, floods: 10,
			warm: 10 * time.Second, pause: time.Second, pace: 400 * time.Millisecond,
			grown: footprint{heap: 16 << 20, resident: 64 << 20},
		},
	}
)

// marker is an environment variable by which the children of the test are found. Its value is the id of the process of the test.
const marker = "LINGER_SURVIVAL"

// TestSurvivalOfChildren is TestSurvival with applications in child processes, which also exit, abort, crash, and get SIGKILL and
// SIGSTOP at random moments. At the end no process is left.
func TestSurvivalOfChildren(t *testing.T) {
	for _, name := range strings.Split(*runtimes, ",") {
		t.Run(name, func(t *testing.T) {
			p, ok := childrenPlans[*form]
			if !ok {
				t.Fatalf("-survival must be short or long, not %q", *form)
			}
			if name == "process" {
				p.runtime = worker.Runtime{Process: true}
				p.exits, p.aborts, p.crashes = 0, 0, 0 // the embedded engine has no such functions
			} else if p.runtime = (worker.Runtime{Name: name}); !installed(name) {
				t.Skipf("%s is not installed: no folder in PATH has its executable", name)
			}
			t.Setenv(marker, fmt.Sprint(os.Getpid()))
			survive(t, p)
			eventually(t, "all children have ended", func() bool { return len(children()) == 0 })
		})
	}
}

// TestMain runs the engine in the children of the runtime "process".
func TestMain(m *testing.M) {
	worker.RunChild()
	os.Exit(m.Run())
}

func installed(runtime string) bool {
	_, err := exec.LookPath(runtime)
	return err == nil
}

// children returns the ids of the processes that the test has started. Systems without /proc have none.
func children() (pids []string) {
	entries, _ := os.ReadDir("/proc") // an error means that there is no such folder
	for _, entry := range entries {
		environment, err := os.ReadFile("/proc/" + entry.Name() + "/environ")
		if err == nil && bytes.Contains(environment, fmt.Appendf(nil, "%s=%d\x00", marker, os.Getpid())) {
			pids = append(pids, entry.Name())
		}
	}
	return pids
}

// signal sends a signal that ends a random child or makes it hang, and waits until the child has ended.
func (s *service) signal(signal syscall.Signal) {
	var pid int
	eventually(s.t, "a worker has a process", func() bool {
		workers := s.app.Workers()
		pid = workers[rand.IntN(len(workers))].Process
		return pid != 0
	})
	if s.t.Failed() {
		return
	}
	if err := syscall.Kill(pid, signal); err != nil {
		return // it has just ended
	}
	eventually(s.t, "a process that hangs or was killed ends", func() bool { return syscall.Kill(pid, 0) != nil })
}

// flood makes the script print much in an event, and waits until it is answered.
func (s *service) flood() {
	c := s.clients[rand.IntN(len(s.clients))]
	s.waitAnswered(c, c.send(flood))
}
