package main

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lingerws/linger/internal/testclient"
)

// patience bounds what a script waits for. Nothing takes this long unless it is broken.
const patience = time.Minute

// TestMain makes this program the command linger of the scripts.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"linger": main})
}

// TestScripts runs the command line as its users do. Beside the commands that package testscript documents, the
// scripts in testdata/script use those of serverCommands and clientCommands.
func TestScripts(t *testing.T) {
	examples, err := filepath.Abs("../../examples")
	if err != nil {
		t.Fatal(err)
	}
	commands := serverCommands()
	maps.Copy(commands, endsCommands())
	for name, command := range clientCommands() {
		commands[name] = command
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("EXAMPLES", examples)
			env.Setenv("GORACE", "atexit_sleep_ms=10") // each of these processes would sleep for a second at its end
			env.Values[sceneKey{}] = &scene{clients: map[string]*testclient.Client{}}
			return nil
		},
		Cmds:                commands,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
	})
}

// scene is what a script has started.
type scene struct {
	server  *server
	clients map[string]*testclient.Client
}

type sceneKey struct{}

func sceneOf(ts *testscript.TestScript) *scene {
	s, _ := ts.Value(sceneKey{}).(*scene) // Setup has put it there
	return s
}

func TestStatusOfAnError(t *testing.T) {
	if got := openStreams(os.Stdout, os.Stderr).fail(exitStatus(130)); got != 130 {
		t.Errorf("an error that is a status ends the process with it, 130; got %d", got)
	}
}
