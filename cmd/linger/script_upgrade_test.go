package main

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// upgradeCommands are script commands for a server that runs with --pid-file=linger.pid, and for the processes that take over from it:
//
//	remember NAME      sets NAME to the id of the process in the file, which is killed at the end of the script
//	pid NAME           the file must have the id in NAME; if that is not set, it is set to the id, which must be that of a new process
//	terminate          sends SIGINT to the process
//	gone FILE...       waits until the files do not exist
func upgradeCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"remember": command(1, func(ts *testscript.TestScript, args []string) { remember(ts, args[0]) }),
		"pid": command(1, func(ts *testscript.TestScript, args []string) {
			want := ts.Getenv(args[0])
			if want == "" {
				remember(ts, args[0])
			} else if got := strconv.Itoa(pidOf(ts)); got != want {
				ts.Fatalf("the process that serves must be %s, %s; it is %s", args[0], want, got)
			}
		}),
		"terminate": command(0, func(ts *testscript.TestScript, _ []string) {
			process, err := os.FindProcess(pidOf(ts))
			ts.Check(err)
			ts.Check(process.Signal(os.Interrupt))
		}),
		"gone": command(1, func(ts *testscript.TestScript, args []string) {
			for deadline := time.Now().Add(testTimeout); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
				if !slices.ContainsFunc(args, func(file string) bool { _, err := os.Stat(ts.MkAbs(file)); return err == nil }) {
					return
				}
			}
			ts.Fatalf("%v must be removed", args)
		}),
	}
}

const pidFile = "linger.pid"

// pidOf returns the id in the file.
func pidOf(ts *testscript.TestScript) int {
	text, err := os.ReadFile(ts.MkAbs(pidFile))
	ts.Check(err)
	return number(ts, strings.TrimSpace(string(text)))
}

// remember sets a variable to the id in the file, which must not be the value of another one. The process is killed at the end.
func remember(ts *testscript.TestScript, name string) {
	pid := pidOf(ts)
	for _, other := range []string{"old", "new", "newer"} {
		if other != name && ts.Getenv(other) == strconv.Itoa(pid) {
			ts.Fatalf("%s must be a process other than %s", name, other)
		}
	}
	ts.Setenv(name, strconv.Itoa(pid))
	process, err := os.FindProcess(pid)
	ts.Check(err)
	ts.Defer(func() { _ = process.Kill() }) // it may have ended
}
