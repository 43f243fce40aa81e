package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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

// configured returns the command run with the arguments, as loadSettings does.
func configured(t *testing.T, args ...string) (*runCommand, error) {
	t.Helper()
	return loadSettings(append([]string{"run"}, args...))
}

func TestConfigureReadsConfigurationFile(t *testing.T) {
	dir := folder(t, map[string]string{"linger.toml": everything})
	c, err := configured(t, "--config="+filepath.Join(dir, "linger.toml"))
	if err != nil {
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
	c, err := configured(t, "--compatibility-date=2026-11-01", "--compatibility-flag=web_socket_manual_reply_to_close",
		"--var=NAME=flag", "--egress=api.example.com=deny", app) // finds linger.toml in the application's folder
	if err != nil {
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
	if c, err := configured(t, app); err != nil || c.App != app || c.CompatibilityDate != "" || len(c.Var) != 0 {
		t.Errorf("without linger.toml nothing changes; got %+v %v", c, err)
	}
}

func TestConfigureRejectsInvalidConfigurationFiles(t *testing.T) {
	for text, want := range map[string]string{
		"name = \"chat\"":                        "linger.toml:1: unknown key name",
		"\n[Egres]\n":                            "linger.toml:2: unknown key Egres: did you mean egress?",
		"compatibility_dates = \"2026-11-01\"":   "linger.toml:1: unknown key compatibility_dates: did you mean compatibility_date?",
		"main = \"a.js\"\n[env.x]\n\n \"y\" = 1": "linger.toml:2: env must be a string; got a table",
		"main = ":                                "linger.toml:1: ",
		"\nmain = 1":                             "linger.toml:2: main must be a string; got a number",
		"vars = 1":                               "linger.toml:1: vars must be a table: write [vars]",
		"[vars]\nX = nan":                        "linger.toml:2: vars.X must be a finite number, as JSON has no other: write it as a string",
		"[vars]\nX = 1\nX = 2":                   "linger.toml:3: ",
		"compatibility_flags = [true]":           "linger.toml:1: compatibility_flags must be a string or an array of strings, such as [\"one\", \"two\"]; got a boolean",
		"egress = [\"10.0.0.0/8\"]":              "linger.toml:1: egress: \"10.0.0.0/8\" is not a rule for outgoing connections",
		"runtime = \"nodejs\"":                   "linger.toml:1: runtime: \"nodejs\" is not a runtime: expected embedded, node, bun or deno",
		"isolation = \"thread\"":                 "linger.toml:1: isolation: \"thread\" is not a kind of isolation: expected none or process",
		"compatibility_date = [2026-11-01]":      "linger.toml:1: compatibility_date must be a string; got an array",
		"workers = \"4\"":                        "linger.toml:1: workers must be a whole number; got a string",
		"workers = 1.5":                          "linger.toml:1: workers must be a whole number; got a number with a fraction",
		"overlap = 1":                            "linger.toml:1: overlap must be true or false; got a number",
		"event_timeout = 30":                     "linger.toml:1: event_timeout: \"30\" is not a duration",
		"\n[log]\nlevel = \"inf\"":               "linger.toml:3: log.level must be one of debug, info, warn, error; got \"inf\": did you mean info?",
		"[log]\nlevels = \"info\"":               "linger.toml:2: unknown key log.levels: did you mean log.level?",
		"log_level = \"info\"":                   "linger.toml:1: unknown key log_level: write level in [log]",
		"[log]\nworkers = 2":                     "linger.toml:2: unknown key log.workers: workers belongs to the top of the file, before the first [table]",
		"log = true":                             "linger.toml:1: log must be a table, [log]; got a boolean",
		"\"log.level\" = \"info\"":               "linger.toml:1: unknown key log.level",
		"workers = 0":                            "linger.toml:1: workers: 0 is not from 1 to 256",
		"\nport = 1\nlisten = \":2\"":            "--port and --listen cannot be combined: give one of them (--port is port in",
	} {
		dir := folder(t, map[string]string{"linger.toml": text})
		if _, err := configured(t, filepath.Join(dir, "app.js")); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "linger.toml") {
			t.Errorf("%q must be refused with an error that contains the file and %q; got %v", text, want, err)
		}
	}
	if _, err := configured(t, "--config="+filepath.Join(t.TempDir(), "none.toml")); err == nil || !strings.Contains(err.Error(), "none.toml: cannot be read: no such file") {
		t.Errorf("the file given with --config must exist; got %v", err)
	}
}
