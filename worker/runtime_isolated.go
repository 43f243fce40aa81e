package worker

import (
	"os"
	"time"

	"github.com/lingerws/linger/worker/internal/process"
	"github.com/lingerws/linger/worker/internal/script"
)

// childVariable is the environment variable that makes a program a child of [Runtime.Process].
const childVariable = "LINGER_WORKER"

// RunChild runs the engine of a worker if the program was started as a child for [Runtime.Process], and then does not return. Otherwise it
// does nothing. A program that uses Runtime.Process must call it first, in main and in TestMain.
func RunChild() {
	if os.Getenv(childVariable) != "" {
		process.Serve(scriptModules())
	}
}

// ownEnding is the time beyond the event timeout in which a child reports that a turn does not end, before it is killed.
const ownEnding = 4 * time.Second

// isolated returns the function that runs this program as the children of the application.
func (a *App) isolated() (script.Launch, error) {
	path, err := process.Self()
	if err != nil {
		return nil, err
	}
	return process.New(func(host script.Host) process.Options {
		h := host.(*hostAPI) //nolint:forcetypeassert // a worker passes no other Host
		return process.Options{
			Path: path, Env: isolatedEnvironment(), Memory: h.generation.opts.Memory + headroom,
			Engine: prelude, Grace: ownEnding,
			Print: h.printOutput, Dropped: h.reportDropped,
		}
	}), nil
}

// isolatedEnvironment returns the environment of a child with the engine. It has no variables of this process but those of the Go runtime:
// what the application may know is passed to it as env.
func isolatedEnvironment() []string {
	all := []string{childVariable + "=1"}
	for _, name := range []string{"TZ", "ZONEINFO", "GODEBUG", "GOTRACEBACK", "GOCOVERDIR"} {
		if value, ok := os.LookupEnv(name); ok {
			all = append(all, name+"="+value)
		}
	}
	return all
}
