package process

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/lingerws/linger/worker/internal/embedded"
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/modules"
	"github.com/lingerws/linger/worker/internal/script"
)

var _ embedded.Host = (*isolated)(nil)

// Functions implements [embedded.Host].
func (s *isolated) Functions() map[string]modules.Function {
	all := s.forward(modules.NewTable(nil, "", nil).Functions())
	s.addConnectionFunctions(all)
	all["done"] = func(args []engine.Value) (engine.Value, error) {
		s.done(at(args, 0).Int())
		return engine.Undefined(), nil
	}
	return all
}

// BindingFunctions implements [embedded.Host].
func (s *isolated) BindingFunctions() map[string]modules.Function {
	return s.forward(modules.NewTable(nil, "", nil).BindingFunctions())
}

// forward returns functions with the names of those in a table, which call the ones of the parent.
func (s *isolated) forward(table map[string]modules.Function) map[string]modules.Function {
	all := make(map[string]modules.Function, len(table))
	for name := range table {
		all[name] = s.forwarder(name)
	}
	return all
}

// SetTimer implements [embedded.Host].
func (s *isolated) SetTimer(id int, delay time.Duration, repeat bool) {
	s.timers.Set(id, delay, repeat)
}

// ClearTimer implements [embedded.Host].
func (s *isolated) ClearTimer(id int) { s.timers.Clear(id) }

// Compute implements [embedded.Host].
func (s *isolated) Compute(size int64, work func(ctx context.Context), turn func() error) error {
	return s.computations.Add(size, work, turn)
}

// Console implements [embedded.Host].
func (s *isolated) Console(level slog.Level, text string) {
	s.call("console", engine.Int(int(level)), engine.String(text))
}

// Post implements [embedded.Host].
func (s *isolated) Post(p *script.Post) {
	kind, content := modules.PostValues(p)
	s.call("publish", engine.String(p.Channel), kind, content)
}

// Listen implements [embedded.Host].
func (s *isolated) Listen(channel string, on bool) {
	s.call("listen", engine.String(channel), engine.Bool(on))
}

// Exposed implements [embedded.Host].
func (s *isolated) Exposed(name string) { s.expose(name) }

// Threw implements [script.Observer].
func (s *isolated) Threw(event int, err error, places []script.Frame) {
	s.call("threw", engine.Int(event), exceptionValue(asException(err)), placesValue(places))
}

// Unhandled implements [script.Observer].
func (s *isolated) Unhandled(e *script.Exception) { s.call("unhandled", exceptionValue(e)) }

// Overdue implements [script.Observer].
func (s *isolated) Overdue(event int) { s.call("overdue", engine.Int(event)) }

// CallFailed implements [script.Observer].
func (s *isolated) CallFailed(function string, err error) {
	s.call("callFailed", engine.String(function), engine.String(err.Error()))
}

// Slow implements [script.Observer]. The report leaves at once, because the turn may take longer.
func (s *isolated) Slow(event int, took time.Duration, frames []script.Frame) {
	s.call("slow", engine.Int(event), engine.Int(int(took)), stackValue(frames), engine.Bool(frames != nil))
	s.flush()
}

// Listened implements [script.Observer].
func (s *isolated) Listened(kind string, stack []script.Frame) {
	s.call("listened", engine.String(kind), stackValue(stack))
}

// Unanswered implements [script.Observer]. The modules call the function of the same name instead; so do they for those below.
func (s *isolated) Unanswered(event int, places []script.Frame) {
	s.call("unanswered", engine.Int(event), placesValue(places))
}

// Ignored implements [script.Observer].
func (s *isolated) Ignored(kind, name string, at script.Frame) {
	s.call("ignored", engine.String(kind), engine.String(name), engine.Int(at.Line), engine.Int(at.Column))
}

// BlobByDefault implements [script.Observer].
func (s *isolated) BlobByDefault() { s.call("warnOfBlob") }

// asException returns an error of a turn as an exception.
func asException(err error) *script.Exception {
	if e, ok := errors.AsType[*script.Exception](err); ok {
		return e
	}
	return &script.Exception{Name: "Error", Message: err.Error()}
}

// exceptionValue returns an exception as the list that exceptionOf expects, null for nil.
func exceptionValue(e *script.Exception) engine.Value {
	if e == nil {
		return engine.Null()
	}
	parts := make([]engine.Value, 0, len(e.Errors))
	for _, part := range e.Errors {
		parts = append(parts, exceptionValue(part))
	}
	return engine.List(engine.String(e.Name), engine.String(e.Message), stackValue(e.Frames), exceptionValue(e.Cause), engine.List(parts...), engine.Int(e.More))
}

// stackValue returns frames as the flat list that stackOf expects.
func stackValue(frames []script.Frame) engine.Value {
	list := make([]engine.Value, 0, 4*len(frames))
	for _, f := range frames {
		list = append(list, engine.String(f.Function), engine.String(f.File), engine.Int(f.Line), engine.Int(f.Column))
	}
	return engine.List(list...)
}

// placesValue returns positions as the flat list that [modules.Frames] expects.
func placesValue(frames []script.Frame) engine.Value {
	list := make([]engine.Value, 0, 3*len(frames))
	for _, f := range frames {
		list = append(list, engine.String(f.File), engine.Int(f.Line), engine.Int(f.Column))
	}
	return engine.List(list...)
}
