package worker_test

import (
	"flag"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/lingerws/linger/worker"
)

// runtimeName selects the runtime of the applications under test. So the tests of this package describe the behaviour of every
// runtime, except for those that call embeddedOnly.
var runtimeName = flag.String("runtime", "embedded", "the runtime of the applications under test: embedded, process for the embedded engine in a child process, node, bun or deno")

// runtimeNames are the values of runtimeName.
var runtimeNames = []string{"embedded", "process", "node", "bun", "deno"}

// runtimeOf returns the runtime with a name. It skips the test if that is not installed, unless TESTS_REQUIRE_RUNTIMES is set.
func runtimeOf(t testing.TB, name string) worker.Runtime {
	t.Helper()
	switch name {
	case "embedded":
		return worker.Runtime{}
	case "process":
		return worker.Runtime{Process: true}
	case "bun", "deno":
		if _, err := exec.LookPath(name); err != nil && os.Getenv("TESTS_REQUIRE_RUNTIMES") == "" {
			t.Skipf("%s is not installed: the executable %s is not in a folder of PATH", name, name)
		}
	}
	if !slices.Contains(runtimeNames, name) {
		t.Fatalf("-runtime is one of %q; got %q", runtimeNames, name)
	}
	return worker.Runtime{Name: name}
}

// inProcess reports whether the applications under test run in this process.
func inProcess() bool { return *runtimeName == "embedded" }

// embeddedOnly skips a test unless the applications under test run in the embedded engine in this process. why is the reason for
// which the test does not apply to other runtimes.
func embeddedOnly(t testing.TB, why string) {
	t.Helper()
	if !inProcess() {
		t.Skip("for the engine in this process only: " + why)
	}
}

// engineOnly skips a test unless the applications under test run in the embedded engine, in this process or in another one. why
// is the reason for which the test does not apply to other runtimes.
func engineOnly(t testing.TB, why string) {
	t.Helper()
	if !inProcess() && *runtimeName != "process" {
		t.Skip("for the embedded engine only: " + why)
	}
}

// Reasons why a test applies only to some runtimes.
const (
	fakeTime      = "the test waits for a long time, which needs the fake time of a bubble"
	heldConsole   = "the test lets console.log block, which stands for a built-in function that does not return"
	ownFetch      = "fetch is that of the runtime, with its own errors, limits and content codings"
	ownGlobals    = "the globals are those of the runtime"
	ownModules    = "the modules of Node, and how packages are found, are those of the runtime"
	ownMessages   = "the messages, stacks and columns of errors are those of the runtime"
	ownMemory     = "the memory and the descriptors of a child are not those of this process"
	ownComputing  = "crypto is that of the runtime, which computes on its own threads"
	childTakes    = "a child takes further events into its buffer while it computes"
	callsInTurn   = "a child waits for the result of each call, so calls do not queue"
	seriesOfOne   = "the messages that wait on a connection are one event for a child, which is over with the child"
	sentLater     = "what a listener of a child sends leaves at the end of its turn"
	killedInstead = "a child that runs out of memory is killed, with the messages that were sent to it together"
)
