package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
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

// validateFiles returns the errors of the settings that otherwise the start of linger run finds: those of a wrangler file, of
// files of variables, of flags that exclude each other, and of other files that settings name.
func (c *runCommand) validateFiles() error {
	log := slog.New(slog.DiscardHandler)
	problems := []error{c.configure()}
	if errors.Is(problems[0], errNoApp) { // another command line may have it
		problems[0] = nil
	}
	_, err := c.options(log)
	missing := c.missingFiles()
	problems = append(problems, err, missing)
	if missing == nil {
		problems = append(problems, c.validateCertificates(log))
	}
	return errors.Join(problems...)
}

// missingFiles returns an error for each file, and for the folder of static files, that a setting names and that does not
// exist. configure reports missing files of variables; other folders are made when they are needed.
func (c *runCommand) missingFiles() error {
	var problems []error
	for _, setting := range c.values.Settings() {
		isFolder, expected := setting.Name == "static-dir", "a file"
		if isFolder {
			expected = "a folder"
		}
		if !isFolder && (setting.PlaceHolder != "FILE" || setting.Tag.Get("path") != "file" || setting.Name == "env-file") {
			continue
		}
		for _, path := range setting.Strings() {
			info, err := os.Stat(path)
			failed, isPath := errors.AsType[*fs.PathError](err)
			switch {
			case isPath:
				problems = append(problems, fmt.Errorf("--%s: %s: %w", setting.Name, path, failed.Err))
			case err == nil && info.IsDir() != isFolder:
				problems = append(problems, fmt.Errorf("--%s: %s: expected %s", setting.Name, path, expected))
			}
		}
	}
	return errors.Join(problems...)
}

// validateCertificates returns an error if a file of a certificate is not valid. It obtains no certificates.
func (c *runCommand) validateCertificates(log *slog.Logger) error {
	flags := c.entryFlags
	flags.ACMEDomain = nil
	store, err := flags.certificates(nil, "", log)
	if store != nil {
		store.Close()
	}
	return err
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
