package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/lingerws/linger/worker"
)

// checkCommand loads an application without serving it.
type checkCommand struct {
	App    string `arg:"" optional:"" help:"The application's module, .js or .ts. What main says in the configuration file, if not given."`
	Config string `placeholder:"FILE" help:"Configuration file. linger.toml beside the application, if not given and there is one."`

	workerFlags `embed:"" group:"The application:"`
	egressFlags `embed:"" group:"What the application reaches:"`
}

// Run bundles the application and runs it until its install and activate events are handled, as `linger run` does before
// it listens. It prints what is wrong, which is a failure, and what may be wrong, which is not.
func (c *checkCommand) Run(out *streams) error {
	run := runCommand{App: c.App, Config: c.Config, workerFlags: c.workerFlags, egressFlags: c.egressFlags}
	run.LogFormat, run.LogLevel = "auto", "error" // warnings are printed below
	if err := run.configure(); err != nil {
		return err
	}
	log := run.open(out)
	log.console = func(level slog.Level, text string) {
		to := out.out
		if level >= slog.LevelWarn {
			to = out.err
		}
		to.printf("%s\n", text)
	}
	app, err := run.load(log)
	if failure, ok := errors.AsType[*worker.LoadError](err); ok {
		out.err.printf("%s", worker.Frames(failure.Problems, out.look.color))
		return fmt.Errorf("%s: %s", run.App, counted(len(failure.Problems), "error"))
	}
	if err != nil {
		return err
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel() // there are no connections to close in order
	_ = app.Shutdown(ended)
	warnings := run.warnings(app)
	out.err.printf("%s", worker.Frames(warnings, out.look.color))
	out.out.printf("%s: no errors, %s\n", run.App, counted(len(warnings), "warning"))
	return nil
}

// warnings returns those about the configuration, and those about the application.
func (c *runCommand) warnings(app *worker.App) []worker.Problem {
	var list []worker.Problem
	for _, n := range c.notices {
		list = append(list, worker.Problem{Text: n.String(), Warning: true})
	}
	return append(list, app.Warnings()...)
}

// counted returns a number of things.
func counted(n int, what string) string {
	switch n {
	case 0:
		return "no " + what + "s"
	case 1:
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
