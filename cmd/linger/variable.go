package main

import (
	"fmt"
	"strings"

	"github.com/alecthomas/kong"
)

// variable is one that the application gets, as NAME=VALUE on the command line.
type variable struct{ name, value string }

// Decode reads a variable for kong.
func (v *variable) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("variable", &text); err != nil {
		return err
	}
	name, value, ok := strings.Cut(text, "=")
	if !ok || name == "" {
		return fmt.Errorf("%q is no variable: give NAME=VALUE", text)
	}
	*v = variable{name, value}
	return nil
}

// variables gives them by name; of several with the same name the last counts.
func variables(list []variable) map[string]string {
	vars := make(map[string]string, len(list))
	for _, v := range list {
		vars[v.name] = v.value
	}
	return vars
}
