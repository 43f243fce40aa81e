package main

import (
	"fmt"
	"strings"
	"testing"
)

// varsOf returns the variables of an application as text, sorted by name.
func varsOf(t *testing.T, app string, args ...string) string {
	t.Helper()
	c, err := configured(t, append(args, app)...)
	if err != nil {
		t.Fatal(err)
	}
	o, err := c.options(nil)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(o.Vars)
}

func TestVarFlag(t *testing.T) {
	t.Setenv("FROM_ENVIRONMENT", "e = 1")
	got := varsOf(t, "app.js", "--var", "A=1", "--var=B=x=y, z;", "--var=C=", "--var=FROM_ENVIRONMENT")
	if got != "map[A:1 B:x=y, z; C: FROM_ENVIRONMENT:e = 1]" {
		t.Errorf("names and values of variables must be complete; got %s", got)
	}
	for invalid, want := range map[string]string{
		"=secret": "the variable has no name: give NAME=VALUE, or NAME for a variable of the environment", "": "the variable has no name",
		"NOT_IN_THE_ENVIRONMENT": "NOT_IN_THE_ENVIRONMENT is not set in the environment",
	} {
		if _, err := parse(t, "--var="+invalid); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("--var=%s must be refused with %q, without the value; got %v", invalid, want, err)
		}
	}
}

func TestCollectVarsPrecedence(t *testing.T) {
	dir := folder(t, map[string]string{
		"linger.toml": "[vars]\nA = \"toml\"\nB = \"toml\"\nC = \"toml\"\nD = \"toml\"\nE = \"toml\"\nF = \"toml\"\n",
		".env":        "B=env\nC=env\nD=env\nE=env\nF=env",
		".dev.vars":   "C=dev\nD=dev\nE=dev\nF=dev",
		"one":         "D=one\nE=one\nF=one",
		"two":         "E=two\nF=two",
	})
	got := varsOf(t, dir+"/app.js", "--var=F=flag", "--env-file="+dir+"/one", "--env-file="+dir+"/two")
	if got != "map[A:toml B:env C:dev D:one E:two F:flag]" {
		t.Errorf("later sources take precedence, in the order linger.toml, .env, .dev.vars, --env-file, --var; got %s", got)
	}
}

func TestFindForApp(t *testing.T) {
	dir := folder(t, map[string]string{".env": "A=above\nB=above", "src/deep/app.js": "", "src/.dev.vars": "B=dev", "src/deep/.env/x": "", "other/app.js": ""})
	t.Chdir(dir)
	if got := varsOf(t, "src/deep/app.js"); got != "map[A:above B:dev]" {
		t.Errorf("files must be found in the folder of the module and its parents up to the working directory; got %s", got)
	}
	t.Chdir(dir + "/other")
	if got := varsOf(t, "../src/deep/app.js"); got != "map[]" {
		t.Errorf("outside of the working directory only the folder of the module is searched; got %s", got)
	}
}

func TestCollectVarsTypesOfConfigurationFile(t *testing.T) {
	dir := folder(t, map[string]string{"linger.toml": `
[vars]
TEXT = "x"
COUNT = 5
RATIO = 2.5
ON = true
DAY = 2026-11-01
TIME = 2026-11-01T10:00:00Z
LIST = [1, "two", [false]]
TABLE = { a = { b = 1 } }
[vars.MORE]
c = "d"
[[vars.ROWS]]
n = 1
`})
	got := varsOf(t, dir+"/app.js")
	if want := "map[COUNT:5 DAY:2026-11-01 LIST:[1 two [false]] MORE:map[c:d] ON:true RATIO:2.5 ROWS:[map[n:1]] TABLE:map[a:map[b:1]] TEXT:x TIME:2026-11-01T10:00:00Z]"; got != want {
		t.Errorf("variables must have the types of the file, as JSON; got %s", got)
	}
}
