package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// folder creates a temporary folder with files, given by their slash-separated paths in it, and returns its path.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

const everything = `
main = "src/app.js"
compatibility_date = "2026-02-01"
compatibility_flags = ["web_socket_auto_reply_to_close"]
egress = ["api.example.com=allow", "deny"]

[vars]
GREETING = "hello"
NAME = "file"
`

func TestConfigureReadsConfigurationFile(t *testing.T) {
	dir := folder(t, map[string]string{"linger.toml": everything})
	c := runCommand{Config: filepath.Join(dir, "linger.toml")}
	if err := c.configure(); err != nil {
		t.Fatal(err)
	}
	o, err := c.options(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.App != filepath.Join(dir, "src", "app.js") {
		t.Errorf("main must be relative to the folder of the file; got %s", c.App)
	}
	if o.CompatibilityDate != "2026-02-01" || strings.Join(o.CompatibilityFlags, ",") != "web_socket_auto_reply_to_close" {
		t.Errorf("date and flags must be those of the file; got %q %q", o.CompatibilityDate, o.CompatibilityFlags)
	}
	if got := ruleTexts(o.Egress); got != "api.example.com=allow *=deny" {
		t.Errorf("the rules for outgoing connections must be those of the file; got %s", got)
	}
	if len(o.Vars) != 2 || o.Vars["GREETING"] != "hello" || o.Vars["NAME"] != "file" {
		t.Errorf("the variables must be those of the file; got %q", o.Vars)
	}
}

func TestConfigureFlagsTakePrecedence(t *testing.T) {
	dir := folder(t, map[string]string{"linger.toml": everything})
	app := filepath.Join(dir, "other.js")
	c := runCommand{App: app, workerFlags: workerFlags{
		CompatibilityDate: "2026-11-01", CompatibilityFlag: []string{"web_socket_manual_reply_to_close"},
		Var: []variable{{"NAME", "flag"}},
	}}
	rule, err := worker.ParseEgressRule("api.example.com=deny")
	if err != nil {
		t.Fatal(err)
	}
	c.Egress = []egressRule{egressRule(rule)}
	if err := c.configure(); err != nil { // finds linger.toml in the application's folder
		t.Fatal(err)
	}
	o, err := c.options(nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.App != app || o.CompatibilityDate != "2026-11-01" || strings.Join(o.CompatibilityFlags, ",") != "web_socket_manual_reply_to_close" {
		t.Errorf("flags must take precedence over the file; got %s %q %q", c.App, o.CompatibilityDate, o.CompatibilityFlags)
	}
	if got := ruleTexts(o.Egress); got != "api.example.com=deny api.example.com=allow *=deny" {
		t.Errorf("the rules of flags must come first; got %s", got)
	}
	if o.Vars["GREETING"] != "hello" || o.Vars["NAME"] != "flag" {
		t.Errorf("variables must be merged, with precedence for those of flags; got %q", o.Vars)
	}
}

func TestConfigureWithoutConfigurationFile(t *testing.T) {
	app := filepath.Join(folder(t, map[string]string{"app.js": ""}), "app.js")
	c := runCommand{App: app}
	if err := c.configure(); err != nil || c.App != app || c.CompatibilityDate != "" || len(c.Var) != 0 {
		t.Errorf("without linger.toml nothing changes; got %+v %v", c, err)
	}
}

func TestConfigureRejectsInvalidConfigurationFiles(t *testing.T) {
	for text, want := range map[string]string{
		"name = \"chat\"":                        "linger.toml:1: unknown key name: valid keys are main, runtime, runtime_path, runtime_args, isolation, compatibility_date, compatibility_flags, egress and [vars]",
		"\n[Egres]\n":                            "linger.toml:2: unknown key Egres: did you mean egress? Valid keys are main, runtime",
		"compatibility_dates = \"2026-11-01\"":   "linger.toml:1: unknown key compatibility_dates: did you mean compatibility_date?",
		"main = \"a.js\"\n[env.x]\n\n \"y\" = 1": "linger.toml:2: unknown key env.x: valid keys are main",
		"main = ":                                "linger.toml:1: ",
		"\nmain = 1":                             "linger.toml:2: main must be a string; got a number",
		"vars = 1":                               "linger.toml:1: vars must be a table: write [vars]",
		"[vars]\nX = nan":                        "linger.toml:2: vars.X must be a finite number, as JSON has no other: write it as a string",
		"[vars]\nX = 1\nX = 2":                   "linger.toml:3: ",
		"compatibility_flags = \"a\"":            "linger.toml:1: compatibility_flags must be an array of strings, such as [\"one\", \"two\"]; got a string",
		"compatibility_flags = [true]":           "linger.toml:1: compatibility_flags must be an array of strings, such as [\"one\", \"two\"]; got a boolean",
		"egress = [\"10.0.0.0/8\"]":              "\"10.0.0.0/8\" is not a rule for outgoing connections",
		"egress = \"deny\"":                      "linger.toml:1: egress must be an array of strings, such as [\"one\", \"two\"]; got a string",
		"runtime = \"nodejs\"":                   "linger.toml:1: \"nodejs\" is not a runtime: expected embedded, node, bun or deno",
		"runtime = 20":                           "linger.toml:1: runtime must be a string; got a number",
		"isolation = \"thread\"":                 "linger.toml:1: \"thread\" is not a kind of isolation: expected none or process",
		"runtime_args = \"--x\"":                 "linger.toml:1: runtime_args must be an array of strings",
		"compatibility_date = [2026-11-01]":      "linger.toml:1: compatibility_date must be a date, such as 2026-11-01; got an array",
	} {
		dir := folder(t, map[string]string{"linger.toml": text})
		c := runCommand{App: filepath.Join(dir, "app.js")}
		if err := c.configure(); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "linger.toml") {
			t.Errorf("%q must be refused with an error that contains the file and %q; got %v", text, want, err)
		}
	}
	c := runCommand{Config: filepath.Join(t.TempDir(), "none.toml")}
	if err := c.configure(); err == nil || !strings.Contains(err.Error(), "none.toml: cannot be read: no such file") {
		t.Errorf("the file given with --config must exist; got %v", err)
	}
}
