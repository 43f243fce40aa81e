package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// variable is a flag value that is a variable of the application: NAME=VALUE, or NAME for a variable of Linger's own
// environment.
type variable struct{ name, value string }

// Decode implements kong.MapperValue. Its errors do not contain values, which may be secrets.
func (v *variable) Decode(ctx *kong.DecodeContext) error {
	var text string
	if err := ctx.Scan.PopValueInto("variable", &text); err != nil {
		return err
	}
	name, value, given := strings.Cut(text, "=")
	if name == "" {
		return errors.New("the variable has no name: give NAME=VALUE, or NAME for a variable of the environment")
	}
	if !given {
		var ok bool
		if value, ok = os.LookupEnv(name); !ok {
			return fmt.Errorf("%s is not set in the environment: set it there, or give %s=VALUE", name, name)
		}
	}
	*v = variable{name, value}
	return nil
}

// envNames are the files of variables that are read by default. A later one takes precedence.
var envNames = []string{".env", ".dev.vars"}

// collectVars sets c.vars to the variables from all sources. Each of these takes precedence over those before it: the
// configuration file, .env, .dev.vars, --env-file, --var.
func (c *runCommand) collectVars(configured map[string]varValue) error {
	c.vars = map[string]any{}
	for name, v := range configured {
		c.vars[name] = v.value
	}
	var files []string
	for _, name := range envNames {
		if path := findForApp(c.App, name); path != "" {
			files = append(files, path)
		}
	}
	for _, path := range append(files, c.EnvFile...) {
		vars, err := readEnvFile(path)
		if errors.Is(err, fs.ErrNotExist) { // the default files exist, as findForApp has found them
			return fmt.Errorf("--env-file: %w", err)
		}
		if err != nil {
			return err
		}
		maps.Copy(c.vars, vars)
	}
	for _, v := range c.Var {
		c.vars[v.name] = v.value
	}
	return nil
}

// varValue is a variable in a configuration file: any value that JSON can represent.
type varValue struct{ value any }

// UnmarshalTOML implements toml.Unmarshaler.
func (v *varValue) UnmarshalTOML(value any) (err error) {
	v.value, err = jsonValue(value)
	return err
}

// jsonValue converts a TOML value to one that JSON can represent. Dates and times become strings.
func jsonValue(value any) (any, error) {
	switch value := value.(type) {
	case time.Time:
		return dateText(value), nil
	case float64:
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return nil, errors.New(valueMustBe + "a finite number, as JSON has no other: write it as a string")
		}
	case []any:
		return jsonValues(value)
	case []map[string]any:
		list := make([]any, len(value))
		for i, item := range value {
			list[i] = item
		}
		return jsonValues(list)
	case map[string]any:
		object := make(map[string]any, len(value))
		for name, item := range value {
			converted, err := jsonValue(item)
			if err != nil {
				return nil, err
			}
			object[name] = converted
		}
		return object, nil
	}
	return value, nil
}

// jsonValues converts the items of a TOML array.
func jsonValues(list []any) (any, error) {
	converted := make([]any, len(list))
	for i, item := range list {
		var err error
		if converted[i], err = jsonValue(item); err != nil {
			return nil, err
		}
	}
	return converted, nil
}

// dateText returns a date or time as it was written in the file.
func dateText(t time.Time) string {
	switch t.Location().String() { // the TOML library marks local dates and times with these locations
	case "date-local":
		return t.Format(time.DateOnly)
	case "time-local":
		return t.Format("15:04:05.999999999")
	case "datetime-local":
		return t.Format("2006-01-02T15:04:05.999999999")
	}
	return t.Format(time.RFC3339Nano)
}
