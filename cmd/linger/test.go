package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/lingerws/linger/cmd/linger/internal/apptest"
	"github.com/lingerws/linger/worker"
)

// testCommand runs the tests of an application.
type testCommand struct {
	Files   []string       `arg:"" optional:"" help:"Files of tests, and folders that are searched for NAME.test.js and NAME.test.ts. Default: the working directory."`
	App     string         `sources:"flag" placeholder:"FILE" help:"The application's module, .js or .ts. Default: main of the configuration file, linger.toml or a wrangler file."`
	Config  string         `sources:"flag,environment" placeholder:"FILE" help:"Configuration file, of Linger or wrangler. Default: linger.toml in the application's folder, if it exists, and wrangler.json, wrangler.jsonc or wrangler.toml there or above it."`
	Filter  *regexp.Regexp `sources:"flag" short:"f" placeholder:"RE" help:"Run only the tests whose names match a regular expression."`
	Timeout duration       `sources:"flag" default:"10s" help:"Maximum time for a test."`

	AllowErrors bool `sources:"flag" help:"Do not fail because of errors in the log of the application, such as exceptions that its listeners throw."`

	workerFlags  `embed:"" group:"Application:"`
	runtimeFlags `embed:"" group:"Runtime:"`
	staticFlags  `embed:"" group:"Static files:"`
	egressFlags  `embed:"" group:"Outgoing connections:"`

	settingSources // set by BeforeResolve
}

// Validate reports values that are not valid. kong calls it.
func (c *testCommand) Validate() error {
	return errors.Join(c.workerFlags.Validate(), c.staticFlags.Validate())
}

// Help returns the text at the end of the command's help. kong calls it.
func (testCommand) Help() string {
	return `Examples:

  linger test                        # all files NAME.test.js and NAME.test.ts
  linger test --watch chat.test.ts   # again after each change
  linger test --filter='close|leave'

The exit status is 1 if a test has failed.`
}

// Run runs the tests once or, with --watch, after each change of a file until a signal ends the process.
func (c *testCommand) Run(out *streams) error {
	run, err := c.runCommand()
	if err != nil {
		return err
	}
	data, err := os.MkdirTemp("", "linger-test-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(data) }()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	t := &testRun{command: c, run: run, out: out, log: run.open(out), data: data}
	t.log.console = logFlags{LogFormat: "auto"}.console(slog.LevelInfo, out)
	if c.Watch {
		return t.watch(ctx)
	}
	return t.runAll(ctx)
}

// runCommand returns the command that runs the application, with the settings that the environment and the configuration file have for it, and
// the flags of c.
func (c *testCommand) runCommand() (*runCommand, error) {
	args := []string{"run"}
	if c.Config != "" {
		args = append(args, "--config="+c.Config)
	}
	if c.App != "" {
		args = append(args, "--", c.App)
	}
	cli, err := parseCommands(args)
	if err != nil {
		return nil, err
	}
	run := &cli.Run
	run.workerFlags, run.runtimeFlags, run.staticFlags, run.egressFlags = c.workerFlags, c.runtimeFlags, c.staticFlags, c.egressFlags
	run.LogFormat, run.LogLevel, run.AccessLog = "auto", "warn", false
	if err := run.configure(); errors.Is(err, errNoApp) {
		return nil, fmt.Errorf("--app is missing: %w", err)
	} else if err != nil {
		return nil, err
	}
	return run, nil
}

// testRun runs the files of tests, and prints the results.
type testRun struct {
	command *testCommand
	run     *runCommand // runs the application
	out     *streams
	log     logs
	data    string   // the folder of the data of all runs
	loaded  []string // the files of the application

	passed, failed, skipped int
	errors                  atomic.Int64 // in the log of the application
}

// runAll runs all files, one after the other, and prints a summary. The error is exitStatus(1) if a test has failed.
func (t *testRun) runAll(ctx context.Context) error {
	files, err := apptest.Find(t.command.Files)
	if err != nil {
		return err
	}
	t.passed, t.failed, t.skipped = 0, 0, 0
	t.errors.Store(0)
	broken := 0
	for _, file := range files {
		if err := t.runFile(ctx, file); ctx.Err() != nil {
			return exitStatus(exitFailure)
		} else if err != nil {
			broken++
			t.printError(file, err)
		}
	}
	t.printSummary(broken)
	if t.failed > 0 || broken > 0 || t.errors.Load() > 0 && !t.command.AllowErrors {
		return exitStatus(exitFailure)
	}
	return nil
}

// runFile runs a file with an application of its own, whose stored data is empty.
func (t *testRun) runFile(ctx context.Context, file string) error {
	return apptest.Run(ctx, file, apptest.Options{
		Load:    t.load,
		Vars:    t.run.vars,
		Timeout: time.Duration(t.command.Timeout),
		Filter:  t.command.Filter,
		Begin:   func(file string) { t.out.out.printf("%s\n", t.style().paint(bold, file)) },
		Report:  t.report,
		Logger:  t.log.Logger,
		Console: t.log.console,
	})
}

// load loads the application with an empty folder of stored data.
func (t *testRun) load() (*worker.App, error) {
	var err error
	if t.run.Data, err = os.MkdirTemp(t.data, ""); err != nil {
		return nil, err
	}
	log := t.log
	log.Logger = slog.New(apptest.CountErrors(t.log.Handler(), &t.errors))
	app, err := t.run.load(worker.Load, log)
	t.run.configWarnings = nil // they were logged
	if err != nil {
		return nil, fmt.Errorf("cannot load %s:\n%w", t.run.App, err)
	}
	t.loaded = app.Files()
	return app, nil
}

// report prints the result of a test.
func (t *testRun) report(r apptest.Result) {
	style, took := t.style(), ""
	if !r.Skipped {
		took = style.paint(dim, fmt.Sprintf(" (%d ms)", r.Took.Milliseconds()))
	}
	switch {
	case r.Skipped:
		t.skipped++
		t.out.out.printf("  - %s %s\n", r.Name, style.paint(dim, "(skipped)"))
	case r.Failure == "":
		t.passed++
		t.out.out.printf("  %s %s%s\n", style.paint(green, "✓"), r.Name, took)
	default:
		t.failed++
		t.out.out.printf("  %s %s%s\n\n%s\n\n", style.paint(red, "✗"), r.Name, took, indented(r.Failure))
	}
}

// indented returns the lines of a text that are not empty with an indent.
func indented(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if strings.TrimSpace(line) != "" {
			line = "    " + line
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "")
}

// printError prints why a file could not be run.
func (t *testRun) printError(file string, err error) {
	if failure, ok := errors.AsType[*worker.LoadError](err); ok {
		t.out.err.printf("%s", worker.Frames(failure.Problems, t.out.style.color))
	}
	text, _, _ := strings.Cut(err.Error(), ":\n")
	t.out.out.printf("%s %s: %s\n", t.style().paint(red, "✗"), file, text)
}

// printSummary prints the numbers of tests, and of files that could not be run.
func (t *testRun) printSummary(broken int) {
	text := fmt.Sprintf("%s: %d passed, %d failed", plural(t.passed+t.failed, "test"), t.passed, t.failed)
	if t.skipped > 0 {
		text += fmt.Sprintf(", %d skipped", t.skipped)
	}
	if broken > 0 {
		text += "; " + plural(broken, "file") + " with errors"
	}
	if n := t.errors.Load(); n > 0 && !t.command.AllowErrors {
		text += "; " + plural(int(n), "error") + " in the log of the application, which --allow-errors allows"
	}
	t.out.out.printf("\n%s\n", text)
}

// style returns the style of standard output.
func (t *testRun) style() style { return t.out.outStyle }

// watch runs all files, and again after each change of one of them or of the application, until ctx ends.
func (t *testRun) watch(ctx context.Context) error {
	w, err := watch(nil)
	if err != nil {
		return err
	}
	defer w.close()
	for {
		if err := t.watchFiles(w); err != nil { // a change during the run causes another one
			return err
		}
		if err := t.runAll(ctx); err != nil && !isExit(err) {
			t.out.fail(err)
		}
		if err := t.watchFiles(w); err != nil {
			return err
		}
		t.out.out.printf("\nWaiting for changes. Ctrl-C ends the command.\n")
		select {
		case <-w.changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// watchFiles watches the files of tests and of the application, and all modules in their folders.
func (t *testRun) watchFiles(w *watcher) error {
	files, err := apptest.Find(t.command.Files)
	if err != nil {
		files = t.command.Files
	}
	all := append([]string{t.run.App}, files...)
	for i, file := range all {
		if all[i], err = filepath.Abs(file); err != nil {
			return err
		}
	}
	return w.setFiles(append(all, t.loaded...), true)
}

func isExit(err error) bool {
	_, ok := errors.AsType[exitStatus](err)
	return ok
}
