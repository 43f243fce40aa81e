package settings_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/cmd/linger/internal/settings"
)

// command has a flag of each kind.
type command struct {
	Count   int      `default:"1" aliases:"number" group:"Numbers:" help:"How many."`
	Ratio   float64  `help:"How much."`
	On      bool     `help:"Whether."`
	Level   string   `default:"info" enum:"debug,info,error" help:"One of three."`
	Name    string   `help:"A name."`
	Tag     []string `help:"Tags, each with commas or without."`
	Rule    []string `merge:"first" help:"Rules."`
	Arg     []string `merge:"last" sep:"none" belongs:"name" help:"Arguments."`
	Dir     string   `path:"file" help:"A folder."`
	Program string   `path:"executable" help:"A program."`
	Listen  string   `alternative:"address" default:":80" help:"An address."`
	Port    int      `alternative:"address" help:"A port."`
	LogSize int      `default:"5" help:"The size of the log."`
	Token   string   `secret:"" help:"A secret."`
	Only    string   `sources:"flag" help:"On the command line."`
	Config  string   `sources:"flag,environment" help:"Not in the file."`

	environ []string
	file    *settings.File
	values  *settings.Values
	schema  *settings.Schema
}

func (c *command) Run() {}

// Validate returns two problems of the numbers.
func (c *command) Validate() error {
	var problems []error
	if c.Count > 9 {
		problems = append(problems, fmt.Errorf("--count: %d is above 9", c.Count))
	}
	if c.LogSize > 9 && c.Ratio > 1 {
		problems = append(problems, errors.New("--log-size and --ratio are both large"))
	}
	return errors.Join(problems...)
}

// BeforeResolve sets the flags from the other sources.
func (c *command) BeforeResolve(ctx *kong.Context) error {
	schema, err := schemaOf(ctx.Selected())
	if err != nil {
		return err
	}
	var problems settings.Problems
	if c.file != nil {
		problems = schema.Check(c.file)
	}
	values, wrong := schema.Apply(ctx, settings.Sources{Environ: c.environ, Prefix: "APP_", File: c.file})
	c.values, c.schema = values, schema
	return append(problems, wrong...).AsError()
}

func schemaOf(node *kong.Node) (*settings.Schema, error) {
	return settings.New(node, settings.Names{Prefix: "APP_", Sections: []string{"log", "log-file"}, Extras: []settings.Extra{
		{Key: "main", Variable: "APP_MAIN", Help: "The program.", Example: `main = "x"`}, {Key: "vars", Table: true, Help: "Variables.", Example: "A = 1"},
	}})
}

// load returns the command with a file and an environment, each of lines, and a command line of words.
func load(t *testing.T, file, environ, args string) (*command, error) {
	t.Helper()
	var cli struct {
		Do command `cmd:""`
	}
	cli.Do.environ = strings.Split(environ, "\n")
	if file != "" {
		var err error
		if cli.Do.file, err = settings.ParseFile("etc/app.toml", file); err != nil {
			return nil, err
		}
	}
	parser, err := kong.New(&cli)
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(append([]string{"do"}, strings.Fields(args)...))
	return &cli.Do, cli.Do.values.Explain(err)
}

func TestPrecedence(t *testing.T) {
	for _, c := range []struct {
		what, file, environ, args string
		get                       func(c *command) any
		want                      any
	}{
		{"default", "", "", "", func(c *command) any { return c.Count }, 1},
		{"file", "count = 2", "", "", func(c *command) any { return c.Count }, 2},
		{"alias in the file", "number = 2", "", "", func(c *command) any { return c.Count }, 2},
		{"environment over file", "count = 2", "APP_COUNT=3", "", func(c *command) any { return c.Count }, 3},
		{"flag over both", "count = 2", "APP_COUNT=3", "--count=4", func(c *command) any { return c.Count }, 4},
		{"flag with the value of the default", "count = 2", "", "--count=1", func(c *command) any { return c.Count }, 1},
		{"empty variable", "count = 2", "APP_COUNT=", "", func(c *command) any { return c.Count }, 2},
		{"a whole number as a fraction", "ratio = 2", "", "", func(c *command) any { return c.Ratio }, 2.0},
		{"boolean", "on = true", "", "", func(c *command) any { return c.On }, true},
		{"boolean off again", "on = true", "APP_ON=no", "", func(c *command) any { return c.On }, false},
		{"boolean on the command line", "on = true", "", "--on=false", func(c *command) any { return c.On }, false},
		{"table", "[log]\nsize = 6", "", "", func(c *command) any { return c.LogSize }, 6},
		{"dotted key", "log.size = 6", "", "", func(c *command) any { return c.LogSize }, 6},
		{"variable of a table", "log.size = 6", "APP_LOG_SIZE=7", "", func(c *command) any { return c.LogSize }, 7},
		{"array", `tag = ["a,b", "c"]`, "", "", func(c *command) any { return c.Tag }, []string{"a,b", "c"}},
		{"a value instead of an array", `tag = "a,b"`, "", "", func(c *command) any { return c.Tag }, []string{"a,b"}},
		{"an empty array", `tag = []`, "", "", func(c *command) any { return c.Tag }, []string{}},
		{"variable with commas", `tag = ["a"]`, "APP_TAG=b, c", "", func(c *command) any { return c.Tag }, []string{"b", "c"}},
		{"variable as an array", "", `APP_TAG=["b,c", "d"]`, "", func(c *command) any { return c.Tag }, []string{"b,c", "d"}},
		{"flags replace an array", `tag = ["a"]`, "APP_TAG=b", "--tag=c --tag=d,e", func(c *command) any { return c.Tag }, []string{"c", "d", "e"}},
		{"merged, precedence first", `rule = ["a"]`, "APP_RULE=b", "--rule=c --rule=d", func(c *command) any { return c.Rule }, []string{"c", "d", "b", "a"}},
		{"merged, precedence last", `arg = ["a"]`, "APP_ARG=b", "--arg=c,d", func(c *command) any { return c.Arg }, []string{"a", "b", "c,d"}},
		{"belongs to another value", "name = \"x\"\narg = [\"a\"]", "", "--name=y --arg=b", func(c *command) any { return c.Arg }, []string{"b"}},
		{"belongs to the same value", "name = \"x\"\narg = [\"a\"]", "", "--name=x --arg=b", func(c *command) any { return c.Arg }, []string{"a", "b"}},
		{"alternative of a source with precedence", "port = 1", "", "--listen=:2", func(c *command) any { return fmt.Sprintf("%d %s", c.Port, c.Listen) }, "0 :2"},
		{"alternative of the environment", `listen = ":1"`, "APP_PORT=2", "", func(c *command) any { return fmt.Sprintf("%d %s", c.Port, c.Listen) }, "2 :80"},
		{"path in the file", `dir = "sub"`, "", "", func(c *command) any { return c.Dir }, filepath.Join("etc", "sub")},
		{"path in a variable", "", "APP_DIR=sub", "", func(c *command) any { return c.Dir }, "sub"},
		{"name of a program", `program = "node"`, "", "", func(c *command) any { return c.Program }, "node"},
		{"path of a program", `program = "bin/node"`, "", "", func(c *command) any { return c.Program }, filepath.Join("etc", "bin", "node")},
		{"a setting that is only a flag", "", "APP_ONLY=x", "", func(c *command) any { return c.Only }, ""},
		{"a setting that the file cannot have", "", "APP_CONFIG=x", "", func(c *command) any { return c.Config }, "x"},
	} {
		t.Run(c.what, func(t *testing.T) {
			got, err := load(t, c.file, c.environ, c.args)
			if err != nil || !reflect.DeepEqual(c.get(got), c.want) {
				t.Errorf("the value must be %v; got %v, %v", c.want, c.get(got), err)
			}
		})
	}
}

func TestProblems(t *testing.T) {
	for _, c := range []struct{ what, file, environ, args, want string }{
		{"syntax", "count = ", "", "", "etc/app.toml:1: "},
		{"all problems, by line", "on = 1\nlevel = \"x\"\ncount = 1.5\n", "APP_RATIO=x", "", `
			etc/app.toml:1: on must be true or false; got a number
			etc/app.toml:2: level must be one of debug, info, error; got "x"
			etc/app.toml:3: count must be a whole number; got a number with a fraction
			APP_RATIO: expected a float but got "x" (string)`},
		{"unknown keys", "cuont = 1\n[lgo]\n[log]\nsiez = 1\ncount = 1\n[log_file]\nx = 1\n[count]\n", "", "", `
			etc/app.toml:1: unknown key cuont: did you mean count?
			etc/app.toml:2: unknown key lgo: did you mean log?
			etc/app.toml:4: unknown key log.siez: did you mean log.size?
			etc/app.toml:5: unknown key log.count: count belongs to the top of the file, before the first [table]
			etc/app.toml:7: unknown key log_file.x
			etc/app.toml:8: count must be a whole number; got a table`},
		{"a key of a table at the top", "log_size = 1\nonly = 1\nconfig = \"x\"", "", "", `
			etc/app.toml:1: unknown key log_size: write size in [log]
			etc/app.toml:2: unknown key only
			etc/app.toml:3: unknown key config`},
		{"two names of a setting", "number = 1\ncount = 1", "", "", `
			etc/app.toml:1: number is another name of count, which is set in line 2: remove one of them`},
		{"a table as a value", "log = 1\nvars = 1\nmain = 1", "", "", `
			etc/app.toml:1: log must be a table, [log]; got a number
			etc/app.toml:2: vars must be a table: write [vars], then lines of NAME = "value"
			etc/app.toml:3: main must be a string; got a number`},
		{"a wrong type in an array", `tag = ["a", 1]`, "", "", `
			etc/app.toml:1: tag must be a string or an array of strings, such as ["one", "two"]; got a number`},
		{"an empty value of a variable", "", "APP_TAG=a,,b", "", `
			APP_TAG: one of the values is empty`},
		{"an enumeration in a variable", "", "APP_LEVEL=eror", "", `
			APP_LEVEL must be one of debug, info, error; got "eror": did you mean error?`},
		{"validation of a value in the file", "\ncount = 10", "", "", `
			etc/app.toml:2: count: 10 is above 9`},
		{"validation of a variable", "", "APP_COUNT=10", "", `
			APP_COUNT: 10 is above 9`},
		{"validation of several sources", "count = 10\n[log]\nsize = 10", "", "--ratio=2", `
			etc/app.toml:1: count: 10 is above 9
			--log-size and --ratio are both large (--log-size is log.size in etc/app.toml:3)`},
		{"validation of a flag", "", "", "--count=10", `
			do: --count: 10 is above 9`},
	} {
		t.Run(c.what, func(t *testing.T) {
			_, err := load(t, c.file, c.environ, c.args)
			want := strings.ReplaceAll(strings.TrimSpace(c.want), "\t", "")
			if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(want, "\n") && err.Error() != want {
				t.Errorf("the problems must be\n%s\ngot\n%v", want, err)
			}
		})
	}
}

func TestUnknownNames(t *testing.T) {
	c, err := load(t, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	environ := strings.Fields("APP_COUNT=1 APP_MAIN=x APP_CUONT=1 APP_ZZZ=1 APP_ONLY=1 APP_VAR_A=1 OTHER=1 APP_EMPTY= " +
		"APP_PORT=tcp://10.0.0.1:80 APP_SERVICE_HOST=10.0.0.1 APP_SERVICE_PORT_HTTP=80 APP_PORT_80_TCP=tcp://10.0.0.1:80 APP_PORT_80_TCP_ADDR=10.0.0.1")
	var got []string
	for _, unknown := range settings.UnknownNames(environ, "APP_", []string{"APP_VAR_*"}, c.schema) {
		got = append(got, unknown.String())
	}
	want := "APP_CUONT: no setting has this environment variable: did you mean APP_COUNT?\nAPP_ONLY: no setting has this environment variable: did you mean APP_ON?\n" +
		"APP_ZZZ: no setting has this environment variable"
	if strings.Join(got, "\n") != want {
		t.Errorf("variables without a setting must be those that are misspelt, and none of Kubernetes; got\n%s", strings.Join(got, "\n"))
	}
	if c, err := load(t, "", strings.Join(environ, "\n"), ""); err != nil || c.Port != 0 {
		t.Errorf("a variable that Kubernetes sets must not be a value; got %d, %v", c.Port, err)
	}
}

func TestChanges(t *testing.T) {
	before, err := load(t, "count = 2\ntag = [\"a\"]\n[log]\nsize = 5", "", "")
	if err != nil {
		t.Fatal(err)
	}
	after, err := load(t, "count = 3\nlevel = \"info\"\ntag = [\"a\"]", "", "")
	if err != nil {
		t.Fatal(err)
	}
	changes := settings.Changes(before.values, after.values)
	if len(changes) != 1 || changes[0].Setting.Name != "count" || changes[0].Old != "2" || changes[0].New != "3" {
		t.Errorf("only count has another value, as defaults may be written or not; got %v", changes)
	}
}

func TestNewRejectsFlagWithNameOfTable(t *testing.T) {
	var cli struct{ LogFile string }
	parser, err := kong.New(&cli)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schemaOf(parser.Model.Node); err == nil || !strings.Contains(err.Error(), "--log-file has the name of a table") {
		t.Errorf("a key cannot be a value and a table; got %v", err)
	}
}
