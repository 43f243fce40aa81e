package main

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"github.com/lingerws/linger/cmd/linger/internal/settings"
)

// configCommand has the commands about the configuration.
type configCommand struct {
	Print configPrintCommand `cmd:"" help:"Print the settings of linger run, and where each comes from."`
	Check configCheckCommand `cmd:"" help:"Check the configuration of linger run, and print all of its problems."`

	Schema configSchemaCommand `cmd:"" help:"Print a JSON Schema of linger.toml, for editors."`
}

// configPrintCommand prints the settings of linger run.
type configPrintCommand struct {
	Default bool     `help:"Print a complete linger.toml instead, with the help and the default of each setting in comments."`
	JSON    bool     `name:"json" help:"Print a JSON array with an object for each setting."`
	Args    []string `arg:"" optional:"" passthrough:"" help:"Arguments of linger run: the application's module and flags."`
}

// Help returns the text at the end of the command's help. kong calls it.
func (configPrintCommand) Help() string {
	return `Examples:

  linger config print --default > linger.toml
  linger config print                         # what linger run would use here
  linger config print app.js --workers=4      # what linger run app.js --workers=4 would use
  linger config print --json

The output is TOML; the comments have the sources: a file and line, an environment variable, a flag, or default. Values of
secrets and of variables of the application are not printed.`
}

// Run prints the settings.
func (c *configPrintCommand) Run(out *streams) error {
	if c.Default {
		return printDefaults(out)
	}
	isJSON := func(arg string) bool { return arg == "--json" } // no flag of linger run
	c.JSON = c.JSON || slices.ContainsFunc(c.Args, isJSON)
	c.Args = slices.DeleteFunc(c.Args, isJSON)
	run, err := loadSettings(append([]string{"run"}, c.Args...))
	if err != nil && !errors.Is(err, errNoApp) {
		return err
	}
	lines := run.lines()
	if !c.JSON {
		return settings.WriteLines(out.out, lines)
	}
	text, err := json.MarshalIndent(lines, "", "  ")
	if err != nil {
		return err
	}
	out.out.printf("%s\n", text)
	return nil
}

// printDefaults prints a configuration file with all defaults.
func printDefaults(out *streams) error {
	schema, err := runSchema()
	if err != nil {
		return err
	}
	const title = "linger.toml: the settings of linger run. Each line that sets one has its default, or a word in capitals for a " +
		"value without a default: remove the # before it to change it. A flag, or a variable of the environment, takes precedence."
	return schema.WriteDefaults(out.out, title)
}

// runSchema returns the settings of linger run.
func runSchema() (*settings.Schema, error) {
	var cli commands
	parser, err := cli.parser()
	if err != nil {
		return nil, err
	}
	return schemaOf(commandCalled(parser.Model.Node, "run"))
}

// configSchemaCommand prints a JSON Schema of linger.toml.
type configSchemaCommand struct{}

// Help returns the text at the end of the command's help. kong calls it.
func (configSchemaCommand) Help() string {
	return `Example:

  linger config schema > linger.schema.json

Editors with the language server Taplo use it if the first line of linger.toml is

  #:schema ./linger.schema.json`
}

// Run prints the schema.
func (configSchemaCommand) Run(out *streams) error {
	schema, err := runSchema()
	if err != nil {
		return err
	}
	text, err := schema.JSONSchema("linger.toml")
	out.out.printf("%s\n", text)
	return err
}

// lines returns the settings that are in force, the names of the application's variables among them.
func (c *runCommand) lines() []settings.Line {
	lines := []settings.Line{c.mainLine()}
	lines = append(lines, c.values.Lines()...)
	for _, name := range slices.Sorted(maps.Keys(c.vars)) {
		lines = append(lines, settings.Line{Key: "vars." + name, Secret: true, Sources: []string{c.varSources[name]}})
	}
	return lines
}

// mainLine returns the application's module and its source.
func (c *runCommand) mainLine() settings.Line {
	line := settings.Line{Key: "main", Variable: mainVariable, Sources: []string{c.mainSource.String()}}
	if c.App != "" {
		line.Value, _ = json.Marshal(c.App) // strings have no errors
	}
	return line
}
