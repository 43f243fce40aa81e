package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/lingerws/linger/worker"
)

// checkCommand loads an application without serving it.
type checkCommand struct {
	App    string `arg:"" optional:"" help:"The application's module, .js or .ts. Default: main of the configuration file, linger.toml or a wrangler file."`
	Config string `sources:"flag,environment" placeholder:"FILE" help:"Configuration file, of Linger or wrangler. Default: linger.toml in the application's folder, if it exists, and wrangler.json, wrangler.jsonc or wrangler.toml there or above it."`

	workerFlags  `embed:"" group:"Application:"`
	runtimeFlags `embed:"" group:"Runtime:"`
	staticFlags  `embed:"" group:"Static files:"`
	egressFlags  `embed:"" group:"Outgoing connections:"`

	settingSources // set by BeforeResolve
}

// Validate reports values that are not valid. kong calls it.
func (c *checkCommand) Validate() error {
	return errors.Join(c.workerFlags.Validate(), c.staticFlags.Validate())
}

// Run bundles the application and runs it until its install and activate events are handled, as `linger run` does before
// it listens. It prints errors and warnings; only errors make it fail.
func (c *checkCommand) Run(out *streams) error {
	run := runCommand{App: c.App, Config: c.Config, workerFlags: c.workerFlags, runtimeFlags: c.runtimeFlags, staticFlags: c.staticFlags, egressFlags: c.egressFlags, settingSources: c.settingSources}
	run.LogFormat, run.LogLevel = "auto", "error" // the warnings of loading are printed below
	if err := run.configure(); err != nil {
		return err
	}
	var err error
	if run.Data, err = os.MkdirTemp("", "linger-check-"); err != nil { // another process may use the application's data
		return err
	}
	defer func() { _ = os.RemoveAll(run.Data) }()
	log := run.open(out)
	log.console = func(level slog.Level, text string) {
		to := out.out
		if level >= slog.LevelWarn {
			to = out.err
		}
		to.printf("%s\n", text)
	}
	app, err := run.load(worker.Load, log)
	if failure, ok := errors.AsType[*worker.LoadError](err); ok {
		out.err.printf("%s", worker.Frames(failure.Problems, out.style.color))
		return fmt.Errorf("%s: %s", run.App, plural(len(failure.Problems), "error"))
	}
	if err != nil {
		return err
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel() // there are no connections to wait for
	_ = app.Shutdown(ended)
	warnings := run.warnings(app)
	out.err.printf("%s", worker.Frames(warnings, out.style.color))
	out.out.printf("%s: no errors, %s\n", run.App, plural(len(warnings), "warning"))
	return nil
}

// warnings returns the warnings about the configuration, followed by those about the application.
func (c *runCommand) warnings(app *worker.App) []worker.Problem {
	var list []worker.Problem
	for _, w := range c.configWarnings {
		list = append(list, worker.Problem{Text: w.String(), Warning: true})
	}
	return append(list, app.Warnings()...)
}

// plural returns n and a noun, in the plural unless n is 1.
func plural(n int, noun string) string {
	switch n {
	case 0:
		return "no " + noun + "s"
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
