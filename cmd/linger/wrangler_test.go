package main

import (
	"fmt"
	"strings"
	"testing"
)

// compatibilityOf returns the compatibility that an application beside some files gets, and how many notices there are.
func compatibilityOf(t *testing.T, files map[string]string, args ...string) (string, error) {
	t.Helper()
	dir := folder(t, files)
	c, err := parse(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	c.App = dir + "/src/app.js"
	t.Chdir(dir)
	err = c.configure()
	return fmt.Sprintf("%s %s %d", c.CompatibilityDate, c.CompatibilityFlag, len(c.notices)), err
}

func TestTheCompatibilityOfAWranglerFileIsTaken(t *testing.T) {
	const flags = `"compatibility_flags": ["web_socket_manual_reply_to_close", "nodejs_compat"]`
	for name, c := range map[string]struct {
		files map[string]string
		args  []string
		want  string
	}{
		"toml":              {map[string]string{"wrangler.toml": `compatibility_date = "2025-01-01"`}, nil, "2025-01-01 [] 0"},
		"a date":            {map[string]string{"wrangler.toml": "name = \"x\"\ncompatibility_date = 2025-01-01\n[env.a]\nb = 1"}, nil, "2025-01-01 [] 0"},
		"beside the module": {map[string]string{"src/wrangler.toml": `compatibility_date = "2025-01-01"`}, nil, "2025-01-01 [] 0"},
		"json":              {map[string]string{"wrangler.json": `{"compatibility_date": "2025-01-01", ` + flags + `}`}, nil, "2025-01-01 [web_socket_manual_reply_to_close] 1"},
		"jsonc": {map[string]string{"wrangler.jsonc": `{
			// "compatibility_date": "2024-01-01",
			"url": "https://x/*", /* } , */ "compatibility_date": "2025-01-01", // "
			"a": ["\\",], ` + flags + `, /* x */
		}`}, nil, "2025-01-01 [web_socket_manual_reply_to_close] 1"},
		"json before toml":      {map[string]string{"wrangler.json": `{"compatibility_date": "2025-01-01"}`, "wrangler.toml": `compatibility_date = "2024-01-01"`}, nil, "2025-01-01 [] 0"},
		"a flag of the command": {map[string]string{"wrangler.toml": `compatibility_date = "2025-01-01"`}, []string{"--compatibility-date=2026-11-01"}, "2026-11-01 [] 0"},
		"linger.toml wins":      {map[string]string{"wrangler.toml": `compatibility_date = "2025-01-01"`, "src/linger.toml": "compatibility_date = 2026-10-01"}, nil, "2026-10-01 [] 0"},
		"nothing in it":         {map[string]string{"wrangler.toml": ""}, nil, " [] 0"},
		"there is none":         {nil, nil, " [] 0"},
		"a folder of that name": {map[string]string{"wrangler.toml/x": ""}, nil, " [] 0"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := compatibilityOf(t, c.files, c.args...); err != nil || got != c.want {
				t.Errorf("date, flags and notices are %q; got %q %v", c.want, got, err)
			}
		})
	}
}

func TestAWranglerFileThatCannotBeReadIsNamed(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"toml":      {"wrangler.toml", "\na = ", "wrangler.toml:2: "},
		"toml kind": {"wrangler.toml", "compatibility_date = 1", "wrangler.toml:1: compatibility_date is a day, such as 2026-11-01; got a number"},
		"json":      {"wrangler.jsonc", "{\n// x\n\"a\" 1}", "wrangler.jsonc:3: "},
		"json kind": {"wrangler.json", "{\n\"compatibility_date\": 1}", "wrangler.json:2: compatibility_date is of the wrong kind"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := compatibilityOf(t, map[string]string{c.file: c.text}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error is %q; got %v", c.want, err)
			}
		})
	}
}
