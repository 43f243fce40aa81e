package worker

import (
	"encoding/json"

	"github.com/lingerws/linger/worker/internal/engine"
)

// useExports makes the application of what its module exports by default, if it does.
func (in *instance) useExports(module *engine.Promise) error {
	use, err := in.realm.Function("exports")
	if err != nil {
		return err
	}
	if err := in.turn(func() error { return module.Exports(use) }); err != nil {
		return in.loadError(err)
	}
	return nil
}

// varsText returns variables as JSON. The error has no values.
func varsText(vars map[string]any) (string, error) {
	if len(vars) == 0 {
		return "{}", nil
	}
	for name, value := range vars {
		if _, err := json.Marshal(value); err != nil {
			return "", problem("the variable " + name + " has a value that JSON cannot carry: use strings, numbers, booleans, arrays and objects")
		}
	}
	text, err := json.Marshal(vars)
	return string(text), err
}
