package main

import (
	"fmt"
	"strings"
	"testing"
)

// compatibilityOf creates files, configures the application src/app.js in their folder, and returns its compatibility
// date, its flags and the number of warnings.
func compatibilityOf(t *testing.T, files map[string]string, args ...string) (string, error) {
	t.Helper()
	dir := folder(t, files)
	t.Chdir(dir)
	c, err := configured(t, append(args, dir+"/src/app.js")...)
	if c == nil {
		return "", err
	}
	return fmt.Sprintf("%s %s %d", c.CompatibilityDate, c.CompatibilityFlag, len(c.configWarnings)-len(c.unknown)), err
}

func TestApplyWranglerFile(t *testing.T) {
	const flags = `"compatibility_flags": ["web_socket_manual_reply_to_close", "nodejs_compat"]`
	for name, c := range map[string]struct {
		files map[string]string
		args  []string
		want  string
	}{
		"toml":                        {map[string]string{"wrangler.toml": `compatibility_date = "2025-01-01"`}, nil, "2025-01-01 [] 0"},
		"a date":                      {map[string]string{"wrangler.toml": "name = \"x\"\ncompatibility_date = 2025-01-01\n[env.a]\nb = 1"}, nil, "2025-01-01 [] 0"},
		"in the folder of the module": {map[string]string{"src/wrangler.toml": `compatibility_date = "2025-01-01"`}, nil, "2025-01-01 [] 0"},
		"json":                        {map[string]string{"wrangler.json": `{"compatibility_date": "2025-01-01", ` + flags + `}`}, nil, "2025-01-01 [web_socket_manual_reply_to_close] 1"},
		"jsonc": {map[string]string{"wrangler.jsonc": `{
			// "compatibility_date": "2024-01-01",
			"url": "https://x/*", /* } , */ "compatibility_date": "2025-01-01", // "
			"a": ["\\",], ` + flags + `, /* x */
		}`}, nil, "2025-01-01 [web_socket_manual_reply_to_close] 3"}, // url and a are unknown
		"json before toml":             {map[string]string{"wrangler.json": `{"compatibility_date": "2025-01-01"}`, "wrangler.toml": `compatibility_date = "2024-01-01"`}, nil, "2025-01-01 [] 0"},
		"a flag on the command line":   {map[string]string{"wrangler.toml": `compatibility_date = "2025-01-01"`}, []string{"--compatibility-date=2026-11-01"}, "2026-11-01 [] 0"},
		"linger.toml takes precedence": {map[string]string{"wrangler.toml": `compatibility_date = "2025-01-01"`, "src/linger.toml": "compatibility_date = 2026-10-01"}, nil, "2026-10-01 [] 0"},
		"an empty file":                {map[string]string{"wrangler.toml": ""}, nil, " [] 0"},
		"no file":                      {nil, nil, " [] 0"},
		"a folder of that name":        {map[string]string{"wrangler.toml/x": ""}, nil, " [] 0"},
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := compatibilityOf(t, c.files, c.args...); err != nil || got != c.want {
				t.Errorf("date, flags and number of warnings must be %q; got %q %v", c.want, got, err)
			}
		})
	}
}

func TestApplyWranglerFileErrorsNameFileAndLine(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"toml":      {"wrangler.toml", "\na = ", "wrangler.toml:2: "},
		"toml type": {"wrangler.toml", "compatibility_date = 1", "wrangler.toml:1: compatibility_date must be a date, such as 2026-11-01; got a number"},
		"json":      {"wrangler.jsonc", "{\n// x\n\"a\" 1}", "wrangler.jsonc:3: "},
		"json type": {"wrangler.json", "{\n\"compatibility_date\": 1}", "wrangler.json:2: compatibility_date must be a date, such as 2026-11-01; got a number"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := compatibilityOf(t, map[string]string{c.file: c.text}); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("the error must contain %q; got %v", c.want, err)
			}
		})
	}
}
