package main

import (
	"strings"
	"testing"
)

func TestVariables(t *testing.T) {
	c, err := parse(t, "--var", "A=1", "--var=B=x=y, z;", "--var=C=")
	if err != nil {
		t.Fatal(err)
	}
	o, err := c.options(nil)
	if err != nil || len(o.Vars) != 3 || o.Vars["A"] != "1" || o.Vars["B"] != "x=y, z;" || o.Vars["C"] != "" {
		t.Errorf("variables have names and values, of which nothing is lost; got %q %v", o.Vars, err)
	}
	for _, wrong := range []string{"A", "=1", ""} {
		if _, err := parse(t, "--var="+wrong); err == nil || !strings.Contains(err.Error(), "is no variable: give NAME=VALUE") {
			t.Errorf("--var=%s is refused; got %v", wrong, err)
		}
	}
}
