package embedded

import (
	"errors"
	"testing"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/script"
)

func TestFromEngine(t *testing.T) {
	t.Parallel()
	other := errors.New("other")
	for _, c := range []struct {
		name      string
		err, want error
	}{
		{"no error", nil, nil},
		{"an interrupt", engine.ErrInterrupted, script.ErrInterrupted},
		{"an interrupt with a stack", &engine.Interruption{}, script.ErrInterrupted},
		{"no memory", engine.ErrOutOfMemory, script.ErrOutOfMemory},
		{"a failure inside the engine", errors.Join(engine.ErrPoisoned, &engine.PanicError{Value: "x"}), script.ErrBroken},
		{"another error", other, other},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := fromEngine(c.err); !errors.Is(got, c.want) || (got == nil) != (c.want == nil) {
				t.Errorf("the error is %v; got %v", c.want, got)
			}
		})
	}
	e := &engine.Exception{
		Name: "TypeError", Message: "no", Frames: []engine.Frame{{Function: "f", File: "linger:app", Line: 1, Column: 2}},
		Cause: &engine.Exception{Message: "why"}, Errors: []*engine.Exception{{Message: "one"}}, More: 3,
	}
	got, ok := errors.AsType[*script.Exception](fromEngine(e))
	if !ok || got.Error() != "TypeError: no" || got.Frames[0] != (script.Frame{Function: "f", File: "linger:app", Line: 1, Column: 2}) ||
		got.Cause.Error() != "why" || got.Errors[0].Error() != "one" || got.More != 3 {
		t.Errorf("an exception keeps its parts; got %+v", got)
	}
}
