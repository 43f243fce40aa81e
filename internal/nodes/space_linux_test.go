package nodes

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// inside is the environment variable that a process has which TestMain has started in namespaces of its own.
const inside = "TESTS_NODES_INSIDE"

// unavailable is why the tests cannot run; nil if they can.
var unavailable error

// TestMain runs the tests in a process with a network and mounts of its own, so that nothing is left of them on the machine.
func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(inside) == "" {
		status, err := runInside()
		if err == nil {
			os.Exit(status)
		}
		unavailable = err
	}
	status := m.Run()
	if temporary != "" {
		_ = os.RemoveAll(temporary)
	}
	os.Exit(status)
}

// runInside runs this program in namespaces, and returns its exit status. The error is why that is not possible.
func runInside() (status int, err error) {
	if _, err := exec.LookPath("ip"); err != nil {
		return 0, fmt.Errorf("the program ip is missing; Debian has it in iproute2: %w", err)
	}
	attributes := &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNET | unix.CLONE_NEWNS, Pdeathsig: syscall.SIGKILL}
	if os.Getuid() != 0 {
		attributes.Cloneflags |= unix.CLONE_NEWUSER
		attributes.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}}
		attributes.GidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}}
	}
	probe := exec.Command("ip", "link", "add", "probe", "type", "bridge")
	probe.SysProcAttr = attributes
	if output, err := probe.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("network namespaces with bridges cannot be made here: %w: %s", err, strings.TrimSpace(string(output)))
	}
	runtime.LockOSThread() // the death of the thread would end the child
	defer runtime.UnlockOSThread()
	command := exec.Command(os.Args[0], os.Args[1:]...) //nolint:gosec // this program
	command.Stdin, command.Stdout, command.Stderr, command.SysProcAttr = os.Stdin, os.Stdout, os.Stderr, attributes
	command.Env = append(os.Environ(), inside+"=1")
	err = command.Run()
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		return max(failed.ExitCode(), 1), nil
	}
	return 0, err
}

// space is a network namespace with one interface, eth0, on the bridge that connects all of them.
type space struct {
	number int
	work   chan func()
}

// network is the bridge. The clients are at its own address.
const network = "10.77.0."

// address returns the address of a space.
func (s *space) address() string { return fmt.Sprint(network, s.number) }

// linkAddress returns the hardware address of a space.
func linkAddress(number int) string { return fmt.Sprintf("02:00:00:00:00:%02x", number) }

// newBridge makes the bridge.
func newBridge(t *testing.T) {
	t.Helper()
	if unavailable != nil {
		t.Skip("skipped: ", unavailable)
	}
	for _, line := range []string{
		"link set lo up", "link add hub type bridge", "addr add " + network + "254/24 dev hub", "link set hub up",
	} {
		ip(t, line)
	}
}

// ip runs the program ip in the namespace of the calling thread.
func ip(t *testing.T, line string) {
	t.Helper()
	if output, err := exec.Command("ip", strings.Fields(line)...).CombinedOutput(); err != nil { //nolint:gosec // of this file
		t.Fatalf("ip %s: %v: %s", line, err, output)
	}
}

// tc runs the program tc in the namespace of the calling thread.
func tc(t *testing.T, line string) {
	t.Helper()
	if output, err := exec.Command("tc", strings.Fields(line)...).CombinedOutput(); err != nil { //nolint:gosec // of this folder
		t.Errorf("tc %s: %v: %s", line, err, output)
	}
}

// newSpace makes a namespace, which exists until the process ends. Its thread starts all processes in it.
func newSpace(t *testing.T, number int) *space {
	t.Helper()
	s := &space{number: number, work: make(chan func())}
	made := make(chan error)
	thread := 0
	go func() {
		runtime.LockOSThread() // for ever: the thread belongs to the namespace
		thread = unix.Gettid()
		made <- unix.Unshare(unix.CLONE_NEWNET)
		for f := range s.work {
			f()
		}
	}()
	if err := <-made; err != nil {
		t.Fatal(err)
	}
	outside := fmt.Sprint("space", number)
	ip(t, fmt.Sprintf("link add %s type veth peer name eth0 address %s netns %d", outside, linkAddress(number), thread))
	ip(t, "link set "+outside+" master hub up")
	s.do(func() {
		for _, line := range []string{"link set lo up", "addr add " + s.address() + "/24 dev eth0", "link set eth0 up"} {
			ip(t, line)
		}
	})
	return s
}

// do calls a function in the namespace.
func (s *space) do(f func()) {
	done := make(chan struct{})
	s.work <- func() { defer close(done); f() }
	<-done
}

// cut loses all packets to another space, without an error: the hardware address that they are sent to is that of no interface.
func (s *space) cut(t *testing.T, to *space) {
	t.Helper()
	s.do(func() { ip(t, "neigh replace "+to.address()+" lladdr 02:00:00:00:00:ff dev eth0 nud permanent") })
}

// heal ends a cut.
func (s *space) heal(t *testing.T, to *space) {
	t.Helper()
	s.do(func() {
		ip(t, "neigh replace "+to.address()+" lladdr "+linkAddress(to.number)+" dev eth0 nud permanent")
	})
}
