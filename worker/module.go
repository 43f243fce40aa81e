package worker

import (
	"maps"
	"slices"

	"github.com/lingerws/linger/worker/internal/engine"
)

// useExports makes the application of what its module exports by default, if it does.
func (in *instance) useExports(module *engine.Promise) error {
	use, err := in.realm.Function("exports")
	if err != nil {
		return err
	}
	err = in.turn(func() error {
		if err := in.dispatch("variables", in.vars()); err != nil {
			return err
		}
		return module.Exports(use)
	})
	if err != nil {
		return in.loadError(err)
	}
	return nil
}

// vars gives the variables as a flat list of names and values.
func (in *instance) vars() engine.Value {
	vars := in.app.opts.Vars
	list := make([]engine.Value, 0, 2*len(vars))
	for _, name := range slices.Sorted(maps.Keys(vars)) {
		list = append(list, engine.String(name), engine.String(vars[name]))
	}
	return engine.List(list...)
}
