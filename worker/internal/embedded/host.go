package embedded

import (
	"context"
	"log/slog"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/modules"
	"github.com/lingerws/linger/worker/internal/script"
	"github.com/lingerws/linger/worker/internal/web"
)

// define defines the functions that the modules call in the engine.
func (r *Engine) define() error {
	functions := hostFunctions(r.host.Functions())
	functions["report"], functions["listened"] = r.report, r.listened
	for name, fn := range functions {
		if err := r.engine.Define(name, fn); err != nil {
			return err
		}
	}
	return nil
}

// bundleFunctions returns the functions that only a bundle on demand calls.
func (r *Engine) bundleFunctions(name string) map[string]engine.HostFunc {
	if name != "bindings" {
		return nil
	}
	return hostFunctions(r.host.BindingFunctions())
}

// hostFunctions returns functions in the form that the engine expects.
func hostFunctions(functions map[string]modules.Function) map[string]engine.HostFunc {
	all := make(map[string]engine.HostFunc, len(functions))
	for name, fn := range functions {
		all[name] = func(args []engine.Value) (engine.Value, error) {
			v, err := fn(args)
			if err != nil {
				err = toEngine(err)
			}
			return v, err
		}
	}
	return all
}

// report implements the function report(event, raise, places), which reports what raise throws: the exception then has its stack.
func (r *Engine) report(args []engine.Value) (engine.Value, error) {
	if len(args) < 2 || args[1].Function() == nil {
		return engine.Undefined(), nil
	}
	_, err := r.engine.Call(args[1].Function())
	if script.IsFatal(fromEngine(err)) {
		return engine.Undefined(), err // reported when it has ended the turn
	}
	var places []script.Frame
	if len(args) > 2 {
		places = modules.Frames(args[2])
	}
	r.host.Threw(args[0].Int(), fromEngine(err), places)
	return engine.Undefined(), nil
}

// listened implements the function listened(type, stack), which reports a call of addEventListener.
func (r *Engine) listened(args []engine.Value) (engine.Value, error) {
	if len(args) == 2 {
		r.host.Listened(args[0].String(), scriptFrames(engine.Frames(args[1].String())))
	}
	return engine.Undefined(), nil
}

// platform connects the globals of the web platform to the host.
func (r *Engine) platform() web.Options {
	return web.Options{
		Console:    func(level web.Level, text string) { r.host.Console(slogLevels[level], text) },
		SetTimer:   r.host.SetTimer,
		ClearTimer: r.host.ClearTimer,
		Publish: func(channel string, m web.Message) {
			r.host.Post(&script.Post{Channel: channel, Kind: postKinds[m.Kind], Text: m.Text, Bytes: m.Bytes})
		},
		Listen: r.host.Listen,
		Compute: func(size int64, work func(context.Context), turn func() error) error {
			return r.host.Compute(size, work, func() error { return r.turn(time.Now(), turn) })
		},
		BundleFunctions: r.bundleFunctions,
		Exposed:         r.host.Exposed,

		MaxBody: r.limits.MaxBody,
	}
}

// slogLevels maps the levels of the console's methods to those of the log.
var slogLevels = map[web.Level]slog.Level{
	web.Debug: slog.LevelDebug,
	web.Log:   slog.LevelInfo,
	web.Info:  slog.LevelInfo,
	web.Warn:  slog.LevelWarn,
	web.Error: slog.LevelError,
}

// postKinds maps the kinds of messages of package web to those of posts.
var postKinds = map[web.Kind]script.PostKind{
	web.TextMessage:  script.TextPost,
	web.BytesMessage: script.BytesPost,
	web.CloneMessage: script.ClonePost,
}
