// Command linger runs WebSocket applications. `linger help` lists its
// sub-commands; each has a file of its own here.
//
// Its exit status is 0 when all went well, 1 for a failure, 2 for a command line
// that cannot be understood, and 128 plus the signal's number when a second
// signal cut a shutdown short. What failed is said in one message on standard
// error.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/worker"
)

// commands is the whole command line.
type commands struct {
	Run     runCommand     `cmd:"" help:"Run an application, JavaScript or TypeScript."`
	Proxy   proxyCommand   `cmd:"" help:"Pass WebSocket connections on to backends. Each side sees how and with which code the other closed."`
	Check   checkCommand   `cmd:"" help:"Load an application without serving it, and print what is wrong."`
	Types   typesCommand   `cmd:"" help:"Write linger.d.ts, the types of Linger for TypeScript."`
	Version versionCommand `cmd:"" help:"Print the version, with those of Go and of the engine."`
	Help    helpCommand    `cmd:"" help:"Explain a command."`

	ShowVersion versionFlag `name:"version" short:"v" help:"Print the version."`
}

const (
	exitFailure = 1
	exitUsage   = 2 // the command line cannot be understood
)

func main() { os.Exit(run(os.Args[1:])) }

// run executes one command line and returns the exit status.
func run(args []string) int {
	signal.Ignore(syscall.SIGPIPE) // a reader of the output that goes away must not end a server
	out := openStreams(os.Stdout, os.Stderr)
	defer out.flush()
	var cli commands
	parser, err := kong.New(&cli,
		kong.Name("linger"),
		kong.Description("WebSocket server runtime: it holds the sockets, your application is three events."),
		kong.Writers(out.out, out.err),
		kong.Exit(func(status int) { // after --help
			out.flush()
			os.Exit(status)
		}),
	)
	if err != nil {
		return out.fail(err)
	}
	command, err := parser.Parse(expandHelp(args))
	if err != nil {
		return out.failUsage(err)
	}
	if err := command.Run(out); errors.Is(err, errNoApp) {
		return out.failUsage(err)
	} else if err != nil {
		return out.fail(err)
	}
	return 0
}

// failUsage is fail for a command line that cannot be understood.
func (s *streams) failUsage(err error) int {
	s.fail(err)
	s.err.printf("Run 'linger help', or 'linger help COMMAND', to see what there is.\n")
	return exitUsage
}

// fail prints one clear message and returns the status of a failure.
func (s *streams) fail(err error) int {
	if status, ok := errors.AsType[exitStatus](err); ok {
		return int(status)
	}
	if load, ok := errors.AsType[*worker.LoadError](err); ok && s.look.terminal {
		before, _, _ := strings.Cut(err.Error(), "\n")
		s.err.printf("linger: %s\n\n%s", before, worker.Frames(load.Problems, s.look.color))
		return exitFailure
	}
	s.err.printf("linger: %v\n", err)
	return exitFailure
}

// exitStatus ends the process with a status and no message.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }
