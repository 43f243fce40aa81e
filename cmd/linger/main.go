// Command linger runs WebSocket applications. `linger help` lists its commands; each is in the file of its name.
//
// The exit status is 0 for success, 1 for a failure, 2 for an invalid command line, and 128 plus the number of the
// signal if a second signal ends a shutdown early. A failure is reported as one message on standard error.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	_ "time/tzdata" // for Intl, on systems without the database

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/cmd/linger/internal/adminclient"
	"github.com/lingerws/linger/cmd/linger/internal/settings"
	"github.com/lingerws/linger/worker"
)

// commands is the command line as kong parses it.
type commands struct {
	Init  initCommand  `cmd:"" group:"Applications:" help:"Make a small application."`
	Run   runCommand   `cmd:"" group:"Applications:" help:"Run an application written in JavaScript or TypeScript."`
	Check checkCommand `cmd:"" group:"Applications:" help:"Load an application without serving it, and print its errors and warnings."`
	Test  testCommand  `cmd:"" group:"Applications:" help:"Run the tests of an application."`
	Types typesCommand `cmd:"" group:"Applications:" help:"Write linger.d.ts, the TypeScript types of Linger."`

	Proxy  proxyCommand  `cmd:"" group:"Servers:" help:"Forward WebSocket connections to backends. Each side receives the close code and reason of the other."`
	Config configCommand `cmd:"" group:"Servers:" help:"Print or check the configuration."`

	Status   statusCommand   `cmd:"" group:"A running server:" help:"Show the state of a server."`
	Conns    connsCommand    `cmd:"" group:"A running server:" help:"List, show, close and send to the connections of a server."`
	Channels channelsCommand `cmd:"" group:"A running server:" help:"List the channels of a server."`
	Publish  publishCommand  `cmd:"" group:"A running server:" help:"Publish a message on a channel."`
	Workers  workersCommand  `cmd:"" group:"A running server:" help:"List the workers of a server."`
	Failures failuresCommand `cmd:"" group:"A running server:" help:"List the last failures of the application."`
	Cluster  clusterCommand  `cmd:"" group:"A running server:" help:"Show the cluster of a server: its nodes, and the state of the link to them."`
	Upgrade  upgradeCommand  `cmd:"" group:"A running server:" help:"Replace the process of a server by one of another binary, to which its connections move."`
	Drain    drainCommand    `cmd:"" group:"A running server:" help:"Close the connections of a server one after the other, or a share of them."`
	Top      topCommand      `cmd:"" group:"A running server:" help:"Show the traffic of a server, once a second."`
	Reload   reloadCommand   `cmd:"" group:"A running server:" help:"Reload the settings and the application of a server."`
	LogLevel logLevelCommand `cmd:"" group:"A running server:" help:"Show or change the level of the log of a server."`
	Tail     tailCommand     `cmd:"" group:"A running server:" help:"Print what happens in a server, as it happens."`

	Completion completionCommand `cmd:"" group:"Other:" help:"Print how to complete commands in bash, zsh or fish."`
	Man        manCommand        `cmd:"" group:"Other:" help:"Print the manual page."`
	Version    versionCommand    `cmd:"" group:"Other:" help:"Print the versions of Linger, Go, the JavaScript engine and the installed runtimes."`
	Help       helpCommand       `cmd:"" group:"Other:" help:"Show the help of a command."`

	ShowVersion versionFlag `name:"version" short:"v" help:"Print the version."`
}

const (
	exitFailure = 1
	exitUsage   = 2 // the command line is invalid
)

func main() {
	worker.RunChild()
	os.Exit(run(os.Args[1:]))
}

// run executes a command line and returns the exit status.
func run(args []string) int {
	signal.Ignore(syscall.SIGPIPE) // a server must survive the end of the process that reads its output
	old, err := findPredecessor()
	out := openStreams(os.Stdout, old.standardError())
	defer out.flush()
	if err != nil {
		old.refuse(err)
		return out.fail(err)
	}
	return runFor(old, out, args)
}

// runFor runs a command line in a process that takes over from old, unless that is nil.
func runFor(old *predecessor, out *streams, args []string) int {
	var cli commands
	parser, err := cli.parser(
		kong.Writers(out.out, out.err),
		kong.Exit(func(status int) { // kong calls it after --help and --version
			out.flush()
			os.Exit(status)
		}),
	)
	if err != nil {
		return out.fail(err)
	}
	if completes(parser) {
		return 0
	}
	command, err := parser.Parse(expandHelp(args))
	err = cli.explain(err)
	old.refuse(err)
	if _, ok := errors.AsType[settings.Problems](err); ok {
		return out.fail(err)
	}
	if err != nil {
		return out.failUsage(err)
	}
	err = cli.explain(command.Run(out, old))
	old.refuse(err)
	if errors.Is(err, errNoApp) {
		return out.failUsage(err)
	} else if err != nil {
		return out.fail(err)
	}
	return 0
}

// parser returns a parser that sets the fields of cli.
func (cli *commands) parser(options ...kong.Option) (*kong.Kong, error) {
	return kong.New(cli, append([]kong.Option{
		kong.Name("linger"),
		kong.Description("WebSocket server runtime: Linger holds the sockets, your application handles the events."),
		kong.Vars{"admin_address": adminclient.DefaultAddress},
	}, options...)...)
}

// failUsage prints an error of the command line, and how to get help, and returns exitUsage.
func (s *streams) failUsage(err error) int {
	s.fail(err)
	s.err.printf("Run 'linger help' for the commands, or 'linger help COMMAND' for the flags of one.\n")
	return exitUsage
}

// fail prints err, unless it is an exitStatus, and returns the exit status.
func (s *streams) fail(err error) int {
	if status, ok := errors.AsType[exitStatus](err); ok {
		return int(status)
	}
	if load, ok := errors.AsType[*worker.LoadError](err); ok && s.style.terminal {
		before, _, _ := strings.Cut(err.Error(), "\n")
		s.err.printf("linger: %s\n\n%s", before, worker.Frames(load.Problems, s.style.color))
		return exitFailure
	}
	s.err.printf("linger: %v\n", err)
	return exitFailure
}

// exitStatus is an error that ends the process with this status and without a message.
type exitStatus int

func (s exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(s)) }
