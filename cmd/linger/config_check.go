package main

import (
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/lingerws/linger/cmd/linger/internal/settings"
)

// configCheckCommand checks the configuration of linger run.
type configCheckCommand struct {
	File string `arg:"" optional:"" help:"The configuration file, or a folder that has one. Default: the file that linger run would use here."`
	JSON bool   `name:"json" help:"Print a JSON array with an object for each problem: file, line, text."`
}

// Help returns the text at the end of the command's help. kong calls it.
func (configCheckCommand) Help() string {
	return `Examples:

  linger config check
  linger config check /etc/linger/linger.toml

It checks the file and the environment variables that begin with LINGER_, and does not load the application: linger check
does. The exit status is 1 if there is a problem.`
}

// Run prints the problems. It returns exitStatus(1) if there is one.
func (c *configCheckCommand) Run(out *streams) error {
	file := c.File
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		file = filepath.Join(file, configName)
	}
	args := []string{"run"}
	if file != "" {
		args = append(args, "--config="+file)
	}
	checked, problems, err := checkSettings(args)
	if err != nil {
		return err
	}
	if err := c.print(out, checked, problems); err != nil {
		return err
	}
	if len(problems) > 0 {
		return exitStatus(exitFailure)
	}
	return nil
}

// print prints the problems; checked is the name of what has them.
func (c *configCheckCommand) print(out *streams, checked string, problems settings.Problems) error {
	if c.JSON {
		if problems == nil {
			problems = settings.Problems{}
		}
		text, err := json.MarshalIndent(problems, "", "  ")
		out.out.printf("%s\n", text)
		return err
	}
	for _, problem := range problems {
		out.err.printf("%s\n", problem)
	}
	if len(problems) == 0 {
		out.out.printf("%s: no problems\n", checked)
	}
	return nil
}

// checkSettings returns all problems of the settings of linger run with the arguments, and the name of what was checked.
func checkSettings(args []string) (checked string, problems settings.Problems, err error) {
	var cli commands
	parser, err := cli.parser()
	if err != nil {
		return "", nil, err
	}
	_, wrong := parser.Parse(args)
	run := &cli.Run
	checked = "the environment, without a configuration file"
	if run.file != nil {
		checked = run.file.Path
	}
	if found, ok := errors.AsType[settings.Problems](wrong); ok {
		problems = found
		wrong = run.Validate() // of the values that are known; kong calls it only without other problems
	}
	problems = append(problems, problemsOf(cli.explain(wrong))...)
	if run.values != nil {
		problems = append(problems, problemsOf(cli.explain(run.validateFiles()))...)
	}
	for _, unknown := range run.unknown {
		problems = append(problems, settings.Problem{Text: unknown.String()})
	}
	problems.Sort()
	return checked, problems, nil
}

// validateFiles returns the errors of the settings that only the start of linger run finds: those of a wrangler file, of
// files of variables, and of flags that exclude each other.
func (c *runCommand) validateFiles() error {
	err := c.configure()
	if errors.Is(err, errNoApp) { // another command line may have it
		err = nil
	}
	_, wrong := c.options(slog.New(slog.DiscardHandler))
	return errors.Join(err, wrong)
}

// problemsOf returns an error as problems, none for nil.
func problemsOf(err error) settings.Problems {
	if err == nil {
		return nil
	}
	if problems, ok := errors.AsType[settings.Problems](err); ok {
		return problems
	}
	return settings.Problems{{Text: err.Error()}}
}
