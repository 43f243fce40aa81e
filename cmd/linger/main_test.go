package main

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lingerws/linger/internal/testclient"

	"github.com/lingerws/linger/worker"
)

// testTimeout bounds every wait of the tests. It is only reached if something is broken.
const testTimeout = time.Minute

// TestMain makes the test binary available to the scripts as the command linger, and as binaries that cannot take over from another process.
func TestMain(m *testing.M) {
	worker.RunChild()
	testscript.Main(m, map[string]func(){"linger": mainOrRefused, "complains": complain, "hangs": hang})
}

// mainOrRefused is main, in a process that refuses io_uring if the script wants that.
func mainOrRefused() {
	if err := refuseRings(); err != nil {
		_, _ = os.Stderr.WriteString("io_uring is not refused: " + err.Error() + "\n")
		os.Exit(3)
	}
	main()
}

func complain() {
	_, _ = os.Stderr.WriteString("libraries are missing\n")
	os.Exit(3)
}

func hang() { time.Sleep(time.Hour) }

// TestScripts runs the scripts in testdata/script, which use the command line as users do. In addition to the commands
// that package testscript documents, they use those of serverCommands, clientCommands, proxyCommands and
// upgradeCommands.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	complains, err := exec.LookPath("complains")
	if err != nil {
		t.Fatal(err)
	}
	commands := serverCommands()
	maps.Copy(commands, clientCommands())
	maps.Copy(commands, proxyCommands())
	maps.Copy(commands, upgradeCommands())
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLES", examples)
			env.Setenv("PROGRAMS", filepath.Dir(complains)) // the folder of linger
			env.Setenv("GORACE", "atexit_sleep_ms=10")      // by default a process with the race detector sleeps for a second when it exits
			env.Values[scriptStateKey{}] = &scriptState{clients: map[string]*testclient.Client{}}
			return nil
		},
		Cmds:                commands,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// scriptState holds the server and the clients that a script has started.
type scriptState struct {
	server   *server
	follower *server // linger drain
	clients  map[string]*testclient.Client
}

// scriptStateKey is the key of the scriptState in the values of a script.
type scriptStateKey struct{}

func stateOf(ts *testscript.TestScript) *scriptState {
	s, _ := ts.Value(scriptStateKey{}).(*scriptState) // set by Setup
	return s
}

func TestStreamsFailReturnsExitStatus(t *testing.T) {
	if got := openStreams(os.Stdout, os.Stderr).fail(exitStatus(130)); got != 130 {
		t.Errorf("the status of an exitStatus(130) must be 130; got %d", got)
	}
}
