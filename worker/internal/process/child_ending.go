package process

import (
	"os"
	"strconv"
	"strings"
)

// Numbers of signals, which are the same on all systems.
const (
	sigABRT = 6
	sigKILL = 9
)

// An ending says how a child has ended.
type ending struct {
	text        string   // such as "exited with status 3"
	outOfMemory bool     // the child has exceeded its limit, or its engine has
	stderr      []string // the last lines of its standard error
}

// describeEnding returns the ending of a process. err is the failure to get its state, and verdict is why it was killed, if that is known.
func describeEnding(state *os.ProcessState, err error, verdict string, stderr []string) ending {
	e := ending{stderr: stderr}
	if err != nil {
		e.text = "ended in an unknown way: " + err.Error()
		return e
	}
	signal, number, signalled := endSignal(state)
	switch {
	case verdict != "" && number == sigKILL:
		e.text, e.outOfMemory = "was killed: "+verdict, true
	case signalled:
		e.text, e.outOfMemory = "was killed by signal "+signal, number == sigABRT && heapExhausted(stderr)
	default:
		e.text = "exited with status " + strconv.Itoa(state.ExitCode())
	}
	return e
}

// heapExhausted reports whether an engine has written that its heap has reached the limit. The words are those of V8.
func heapExhausted(stderr []string) bool {
	for _, line := range stderr {
		if strings.Contains(line, "heap out of memory") || strings.Contains(line, "Reached heap limit") {
			return true
		}
	}
	return false
}
