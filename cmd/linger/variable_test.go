package main

import (
	"fmt"
	"strings"
	"testing"
)

// varsOf returns the variables that an application gets, as text in the order of their names.
func varsOf(t *testing.T, app string, args ...string) string {
	t.Helper()
	c, err := parse(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	c.App = app
	if err := c.configure(); err != nil {
		t.Fatal(err)
	}
	o, err := c.options(nil)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(o.Vars)
}

func TestVariables(t *testing.T) {
	t.Setenv("FROM_ENVIRONMENT", "e = 1")
	got := varsOf(t, "app.js", "--var", "A=1", "--var=B=x=y, z;", "--var=C=", "--var=FROM_ENVIRONMENT")
	if got != "map[A:1 B:x=y, z; C: FROM_ENVIRONMENT:e = 1]" {
		t.Errorf("variables have names and values, of which nothing is lost; got %s", got)
	}
	for wrong, want := range map[string]string{
		"=secret": "a variable has a name: give NAME=VALUE, or NAME for a variable of the environment", "": "a variable has a name",
		"NOT_IN_THE_ENVIRONMENT": "NOT_IN_THE_ENVIRONMENT is not a variable of the environment",
	} {
		if _, err := parse(t, "--var="+wrong); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("--var=%s is refused with %q, without the value; got %v", wrong, want, err)
		}
	}
}

func TestVariablesOfLaterSourcesWin(t *testing.T) {
	dir := folder(t, map[string]string{
		"linger.toml": "[vars]\nA = \"toml\"\nB = \"toml\"\nC = \"toml\"\nD = \"toml\"\nE = \"toml\"\nF = \"toml\"\n",
		".env":        "B=env\nC=env\nD=env\nE=env\nF=env",
		".dev.vars":   "C=dev\nD=dev\nE=dev\nF=dev",
		"one":         "D=one\nE=one\nF=one",
		"two":         "E=two\nF=two",
	})
	got := varsOf(t, dir+"/app.js", "--var=F=flag", "--env-file="+dir+"/one", "--env-file="+dir+"/two")
	if got != "map[A:toml B:env C:dev D:one E:two F:flag]" {
		t.Errorf("the order is linger.toml, .env, .dev.vars, --env-file, --var; got %s", got)
	}
}

func TestVariableFilesAreFoundAboveTheModule(t *testing.T) {
	dir := folder(t, map[string]string{".env": "A=above\nB=above", "src/deep/app.js": "", "src/.dev.vars": "B=dev", "src/deep/.env/x": "", "other/app.js": ""})
	t.Chdir(dir)
	if got := varsOf(t, "src/deep/app.js"); got != "map[A:above B:dev]" {
		t.Errorf("files are looked for in the folder of the module and above, up to the working directory; got %s", got)
	}
	t.Chdir(dir + "/other")
	if got := varsOf(t, "../src/deep/app.js"); got != "map[]" {
		t.Errorf("outside of the working directory the folder of the module counts alone; got %s", got)
	}
}

func TestVariablesOfTheConfigurationFileHaveTheirKinds(t *testing.T) {
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
		t.Errorf("variables are what JSON has; got %s", got)
	}
}
