package main

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/cmd/linger/internal/settings"
	"github.com/lingerws/linger/cmd/linger/internal/wrangler"
	"github.com/lingerws/linger/internal/handover"
	"github.com/lingerws/linger/worker"
)

const (
	variablePrefix = "LINGER_"
	configVariable = variablePrefix + "CONFIG" // the same as --config
	mainVariable   = variablePrefix + "MAIN"   // the application
)

// sections returns the tables of the configuration file, as the first words of the flags in them.
func sections() []string {
	return []string{"admin", "drain", "static", "tls", "acme", "log", "otel", "proxy-protocol", "handover", "cluster"}
}

// otherVariables returns the environment variables that are not settings; * is any rest of a name.
func otherVariables() []string {
	return []string{varPrefix + "*", variablePrefix + "WORKER", handover.FDVariable, filesVariable}
}

// settingSources is what a command has read, the command line included.
type settingSources struct {
	args     []string               // the command line
	values   *settings.Values       // the values of all flags, with their sources
	file     *settings.File         // nil without a configuration file
	fileVars map[string]any         // [vars] of the file
	unknown  []settings.UnknownName // variables of the environment that no setting has
}

// loadSettings returns the command run with the settings of all sources: the command line args, the environment and the
// files. It has no effects, and may be called again with the same arguments to read the files anew; settings.Changes then
// returns what differs. The error has all faults of the configuration file.
func loadSettings(args []string) (*runCommand, error) {
	cli, err := parseCommands(args)
	if err != nil {
		return nil, err
	}
	return &cli.Run, cli.explain(cli.Run.configure())
}

// loadProxySettings returns the command proxy with the settings of all sources, as loadSettings does for run.
func loadProxySettings(args []string) (*proxyCommand, error) {
	cli, err := parseCommands(args)
	if err != nil {
		return nil, err
	}
	return &cli.Proxy, nil
}

// parseCommands returns the commands with the flags of a command line, and those that the environment and the configuration file set.
func parseCommands(args []string) (*commands, error) {
	var cli commands
	parser, err := cli.parser()
	if err != nil {
		return nil, err
	}
	if _, err := parser.Parse(args); err != nil {
		return nil, cli.explain(err)
	}
	return &cli, nil
}

// explain adds to an error about flags where other sources than the command line set them.
func (cli *commands) explain(err error) error {
	if _, ok := errors.AsType[*worker.LoadError](err); ok { // about the application
		return err
	}
	for _, command := range []settingSources{cli.Run.settingSources, cli.Proxy.settingSources, cli.Check.settingSources, cli.Test.settingSources} {
		if command.values != nil {
			return command.values.Explain(err)
		}
	}
	return err
}

// BeforeResolve sets the flags that the command line leaves open. kong calls it.
func (c *runCommand) BeforeResolve(ctx *kong.Context) error { return c.readApplication(ctx) }

// BeforeResolve sets the flags that the command line leaves open. The file may have all settings of linger run. kong calls
// it.
func (c *checkCommand) BeforeResolve(ctx *kong.Context) error { return c.readApplication(ctx) }

// BeforeResolve sets the flags that the command line leaves open. The file may have all settings of linger run. kong calls
// it.
func (c *testCommand) BeforeResolve(ctx *kong.Context) error { return c.readApplication(ctx) }

// BeforeResolve sets the flags that the command line leaves open. kong calls it.
func (c *proxyCommand) BeforeResolve(ctx *kong.Context) error {
	path := given(ctx, "config", configVariable)
	if path == "" {
		return c.read(ctx, nil, nil)
	}
	file, err := settings.ReadFile(path)
	if err != nil {
		return err
	}
	schema, err := schemaOf(ctx.Selected())
	if err != nil {
		return err
	}
	return c.read(ctx, file, schema.Check(file))
}

// readApplication reads the configuration file of an application, and the environment.
func (s *settingSources) readApplication(ctx *kong.Context) error {
	file, err := findConfig(given(ctx, "config", configVariable), given(ctx, "app", mainVariable))
	if err != nil {
		return err
	}
	if file == nil {
		return s.read(ctx, nil, nil)
	}
	schema, err := schemaOf(commandCalled(ctx.Model.Node, "run"))
	if err != nil {
		return err
	}
	problems := schema.Check(file)
	vars, wrong := variablesOf(file)
	s.fileVars = vars
	return s.read(ctx, file, append(problems, wrong...))
}

// variablesOf returns the variables in a configuration file, as values that JSON can represent.
func variablesOf(file *settings.File) (vars map[string]any, problems settings.Problems) {
	vars = map[string]any{}
	for name, value := range file.Table("vars") {
		converted, err := wrangler.JSONValue(value)
		if err != nil {
			problems = append(problems, file.Problem("vars."+name+" "+err.Error(), "vars", name))
		}
		vars[name] = converted
	}
	return vars, problems
}

// findConfig reads the configuration file of an application: the one at path, or linger.toml in the application's folder. It
// returns nil if there is none.
func findConfig(path, app string) (*settings.File, error) {
	if path == "" || isWrangler(path) {
		path = filepath.Join(folderOf(app), configName)
		if !isFile(path) {
			return nil, nil
		}
	}
	return settings.ReadFile(path)
}

// read sets the flags of the selected command that the command line leaves open. problems are those of the file.
func (s *settingSources) read(ctx *kong.Context, file *settings.File, problems settings.Problems) error {
	s.args, s.file = ctx.Args, file
	var known []*settings.Schema
	for _, name := range []string{"run", "proxy"} {
		schema, err := schemaOf(commandCalled(ctx.Model.Node, name))
		if err != nil {
			return err
		}
		known = append(known, schema)
	}
	s.unknown = settings.UnknownNames(os.Environ(), variablePrefix, otherVariables(), known...)
	schema, err := schemaOf(ctx.Selected())
	if err != nil {
		return err
	}
	values, wrong := schema.Apply(ctx, settings.Sources{Environ: os.Environ(), Prefix: variablePrefix, File: file})
	s.values = values
	return append(problems, wrong...).AsError()
}

// schemaOf returns the settings of a command.
func schemaOf(command *kong.Node) (*settings.Schema, error) {
	return settings.New(command, settings.Names{
		Prefix: variablePrefix, Sections: sections(),
		Extras: []settings.Extra{
			{Key: "main", Variable: mainVariable, Help: "The application's module, .js or .ts.", Example: `main = "app.js"`},
			{Key: "vars", Table: true, Help: "Variables of env: strings, numbers, booleans, arrays and tables. Keep secrets in a file such as .env instead.", Example: `GREETING = "hello"`},
		},
	})
}

// commandCalled returns the command with a name.
func commandCalled(root *kong.Node, name string) *kong.Node {
	i := slices.IndexFunc(root.Children, func(n *kong.Node) bool { return n.Name == name })
	return root.Children[i]
}

// given returns the text of a flag or an argument on the command line, or else that of a variable of the environment.
func given(ctx *kong.Context, name, variable string) string {
	for _, path := range ctx.Path {
		if path.Flag != nil && path.Flag.Name == name || path.Positional != nil && path.Positional.Name == name {
			return ctx.Value(path).String()
		}
	}
	return os.Getenv(variable)
}

// variableWarnings returns a warning for each variable of the environment that no setting has.
func (s *settingSources) variableWarnings() (warnings []configWarning) {
	for _, unknown := range s.unknown {
		attrs := []any{"variable", unknown.Name}
		if unknown.Nearest != "" {
			attrs = append(attrs, "nearest", unknown.Nearest)
		}
		warnings = append(warnings, configWarning{"no setting has this environment variable", attrs})
	}
	return warnings
}
