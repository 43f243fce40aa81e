package settings_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/lingerws/linger/cmd/linger/internal/settings"
)

const printed = `count = 3                      # APP_COUNT
# ratio is not set             # default
on = false                     # default
level = "debug"                # etc/app.toml:1
name = "<\"&\n"                # etc/app.toml:2
tag = ["a", "b"]               # --tag
rule = ["x", "y"]              # APP_RULE, etc/app.toml:4
# arg is not set               # default
dir = "etc/d"                  # etc/app.toml:5
# program is not set           # default
listen = ":80"                 # default
# port is not set              # default
# token is set                 # APP_TOKEN

[log]
size = 6                       # etc/app.toml:7
`

func TestWriteLines(t *testing.T) {
	c, err := load(t, "level = \"debug\"\nname = '''<\"&\n'''\nrule = [\"y\"]\ndir = \"d\"\n[log]\nsize = 6", "APP_COUNT=3\nAPP_TOKEN=s3cr3t\nAPP_RULE=x", "--tag=a,b --only=x")
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := settings.WriteLines(&text, c.values.Lines()); err != nil {
		t.Fatal(err)
	}
	spaces := regexp.MustCompile(` {2,}`)
	if got := text.String(); spaces.ReplaceAllString(got, "  ") != spaces.ReplaceAllString(printed, "  ") {
		t.Errorf("the values must be printed as\n%s\ngot\n%s", printed, got)
	}
}

// assignment matches a comment that sets a value that is not a placeholder.
var assignment = regexp.MustCompile(`(?m)^# ([a-z_]+ = (?:[0-9].*|true|false|"[^A-Z].*|\[\]))$`)

func TestWriteDefaults(t *testing.T) {
	c, err := load(t, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	if err := c.schema.WriteDefaults(&text, "app.toml: "+strings.Repeat("settings ", 20)); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# How many.\n# (--count, APP_COUNT)\n# count = 1\n", "## Numbers\n", "[log]\n\n# The size of the log.\n# (--log-size, APP_LOG_SIZE)\n# size = 5\n", "# dir = \"DIR\"\n", "# tag = [\"TAG\"]\n"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the file must contain\n%s\ngot\n%s", want, text.String())
		}
	}
	for line := range strings.Lines(text.String()) {
		if len(line) > 101 {
			t.Errorf("lines must have at most 100 columns; got %q", line)
		}
	}
	uncommented := assignment.ReplaceAllString(text.String(), "$1")
	for what, file := range map[string]string{"with comments": text.String(), "without comments": uncommented} {
		got, err := load(t, file, "", "")
		if err != nil {
			t.Errorf("the file %s must be valid; got %v in\n%s", what, err, file)
			continue
		}
		if changes := settings.Changes(c.values, got.values); len(changes) > 0 {
			t.Errorf("the file %s must have the defaults; got %v", what, changes)
		}
	}
	if strings.Count(uncommented, "\ncount = 1\n") != 1 {
		t.Errorf("a default must be a line of the file; got\n%s", uncommented)
	}
}

func TestJSONSchema(t *testing.T) {
	c, err := load(t, "", "", "")
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.schema.JSONSchema("app.toml")
	if err != nil {
		t.Fatal(err)
	}
	var schema struct{ Properties map[string]any }
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	log, _ := schema.Properties["log"].(map[string]any)
	for name, want := range map[string]string{
		"count":  `{"default":1,"description":"How many. (--count, APP_COUNT)","type":"integer"}`,
		"number": `{"deprecated":true,"description":"Another name of count.","type":"integer"}`,
		"on":     `{"description":"Whether. (--on, APP_ON)","type":"boolean"}`,
		"level":  `{"default":"info","description":"One of three. (--level, APP_LEVEL)","enum":["debug","info","error"]}`,
		"rule":   `{"anyOf":[{"type":"string"},{"items":{"type":"string"},"type":"array"}],"description":"Rules. (--rule, APP_RULE)"}`,
		"main":   `{"description":"The program.","type":"string"}`,
		"vars":   `{"description":"Variables.","type":"object"}`,
	} {
		if got, err := json.Marshal(schema.Properties[name]); err != nil || string(got) != want {
			t.Errorf("the schema of %s must be %s; got %s", name, want, got)
		}
	}
	if got, err := json.Marshal(log["properties"]); err != nil || string(got) != `{"size":{"default":5,"description":"The size of the log. (--log-size, APP_LOG_SIZE)","type":"integer"}}` {
		t.Errorf("the table log must have its size; got %s", got)
	}
	if schema.Properties["only"] != nil || schema.Properties["config"] != nil || schema.Properties["log_file"] != nil {
		t.Errorf("settings that the file cannot have, and empty tables, are not in the schema; got %v", schema.Properties)
	}
}

// FuzzFile checks that the values of a valid file are printed as a file with the same values.
func FuzzFile(f *testing.F) {
	f.Add("count = 2\nratio = 1e3\non = true\nlevel = \"debug\"\nname = \"\\u0001\\\\\"\ntag = [\"a,b\", \"c\\\\\"]\nport = 1\n[log]\nsize = 6\n[vars]\nx = [{ y = 1979-05-27 }]")
	f.Add("cuont = 1\n[lgo]\n[[log]]\n[count]")
	f.Add("rule = [\"\"]\narg = \"\"\ndir = \"/\"\nprogram = \"./x\"\nlog.size = -0")
	f.Fuzz(func(t *testing.T, text string) {
		first, err := load(t, text, "", "")
		if err != nil {
			return
		}
		var printed bytes.Buffer
		if err := settings.WriteLines(&printed, first.values.Lines()); err != nil {
			t.Fatal(err)
		}
		second, err := load(t, strings.ReplaceAll(printed.String(), "\"etc/", "\""), "", "")
		if err != nil {
			t.Fatalf("the values of %q are printed as %q, which has %v", text, printed.String(), err)
		}
		for _, change := range settings.Changes(first.values, second.values) {
			if change.Setting.Tag.Get("path") == "" && !change.Setting.Tag.Has("secret") {
				t.Errorf("%s is %s in %q, and %s when it is printed and read again", change.Setting.Name, change.Old, text, change.New)
			}
		}
	})
}
