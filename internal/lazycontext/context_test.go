package lazycontext

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

type key struct{}

var (
	errParent = errors.New("the parent has ended")
	errLate   = errors.New("the time is over")
)

// ends are the ways in which a context can end, within a second.
var ends = map[string]struct {
	deadline time.Duration
	end      func(cancelParent context.CancelCauseFunc, cancel func())
}{
	"nothing":                            {0, func(context.CancelCauseFunc, func()) {}},
	"the parent":                         {0, func(p context.CancelCauseFunc, _ func()) { p(errParent) }},
	"Cancel":                             {0, func(_ context.CancelCauseFunc, c func()) { c() }},
	"the parent before Cancel":           {0, func(p context.CancelCauseFunc, c func()) { p(errParent); c() }},
	"the deadline":                       {time.Second, func(context.CancelCauseFunc, func()) {}},
	"a later deadline":                   {time.Minute, func(context.CancelCauseFunc, func()) {}},
	"the parent before the deadline":     {time.Second, func(p context.CancelCauseFunc, _ func()) { p(errParent) }},
	"Cancel before the deadline":         {time.Second, func(_ context.CancelCauseFunc, c func()) { c() }},
	"the parent, with a later deadline":  {time.Minute, func(p context.CancelCauseFunc, _ func()) { p(errParent) }},
	"Cancel twice before a later one":    {time.Minute, func(_ context.CancelCauseFunc, c func()) { c(); c() }},
	"the parent at the deadline's begin": {time.Nanosecond, func(p context.CancelCauseFunc, _ func()) { p(errParent) }},
}

// uses are what may have been done with a context before it ends. They return a context that has to end with it, and a function
// that releases it.
var uses = map[string]func(ctx context.Context) (context.Context, context.CancelFunc){
	"nothing": func(ctx context.Context) (context.Context, context.CancelFunc) { return ctx, func() {} },
	"Done":    func(ctx context.Context) (context.Context, context.CancelFunc) { ctx.Done(); return ctx, func() {} },
	"Err":     func(ctx context.Context) (context.Context, context.CancelFunc) { _ = ctx.Err(); return ctx, func() {} },
	"Value": func(ctx context.Context) (context.Context, context.CancelFunc) {
		ctx.Value(key{})
		return ctx, func() {}
	},
	"a derived context": context.WithCancel,
	"a derived deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, time.Hour)
	},
	"a derived value": func(ctx context.Context) (context.Context, context.CancelFunc) {
		return context.WithValue(ctx, state{}, "another"), func() {}
	},
}

// state is all that can be learnt of a context.
type state struct {
	err, cause error
	done       bool
	value      any
	deadline   bool
}

// stateOf asks for the channel last or first, because that may change what the other methods do.
func stateOf(ctx context.Context, doneFirst bool) (s state) {
	done := func() {
		select {
		case <-ctx.Done():
			s.done = true
		default:
		}
	}
	if doneFirst {
		done()
	}
	s.err, s.cause, s.value = ctx.Err(), context.Cause(ctx), ctx.Value(key{})
	_, s.deadline = ctx.Deadline()
	if !doneFirst {
		done()
	}
	return s
}

// A Context has at all times the state of one of package context.
func TestContextAsPackageContext(t *testing.T) {
	for end, e := range ends {
		for use, derive := range uses {
			for _, doneFirst := range []bool{true, false} {
				t.Run(end+", after "+use, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						parent, cancelParent := context.WithCancelCause(context.WithValue(context.Background(), key{}, "value"))
						defer cancelParent(nil)
						var lazy Context
						var standard context.Context
						var cancel context.CancelFunc
						if e.deadline > 0 {
							deadline := time.Now().Add(e.deadline)
							lazy.SetDeadline(parent, deadline, errLate)
							standard, cancel = context.WithDeadlineCause(parent, deadline, errLate)
						} else {
							lazy.Set(parent)
							standard, cancel = context.WithCancel(parent)
						}
						defer cancel()
						defer lazy.Cancel()
						got, releaseGot := derive(&lazy)
						defer releaseGot()
						want, releaseWant := derive(standard)
						defer releaseWant()
						e.end(cancelParent, func() { lazy.Cancel(); cancel() })
						time.Sleep(2 * time.Second)
						synctest.Wait()
						if got, want := stateOf(got, doneFirst), stateOf(want, doneFirst); got != want {
							t.Errorf("the state must be %+v; got %+v", want, got)
						}
					})
				})
			}
		}
	}
}

// What waits for a context gets its end at once.
func TestContextAfterFunc(t *testing.T) {
	for end, e := range ends {
		synctest.Test(t, func(t *testing.T) {
			parent, cancelParent := context.WithCancelCause(context.Background())
			defer cancelParent(nil)
			var ctx Context
			if e.deadline > 0 {
				ctx.SetDeadline(parent, time.Now().Add(e.deadline), errLate)
			} else {
				ctx.Set(parent)
			}
			var called atomic.Bool
			stop := context.AfterFunc(&ctx, func() { called.Store(true) })
			synctest.Wait()
			if called.Load() {
				t.Errorf("%s: the context has not ended", end)
			}
			e.end(cancelParent, ctx.Cancel)
			time.Sleep(2 * time.Second)
			synctest.Wait()
			if ended := ctx.Err() != nil; called.Load() != ended {
				t.Errorf("%s: the function must be called when the context ends: %v; got %v", end, ended, !ended)
			}
			stop()
			ctx.Cancel()
		})
	}
}

// A context that nothing waits for allocates nothing.
func TestContextAllocations(t *testing.T) {
	parent, cancel := context.WithCancel(context.Background())
	defer cancel()
	deadline := time.Now().Add(time.Hour)
	var ctx *Context
	n := testing.AllocsPerRun(100, func() {
		ctx = new(Context) // one
		ctx.SetDeadline(parent, deadline, errLate)
		if ctx.Err() != nil || context.Cause(ctx) != nil || ctx.Value(key{}) != nil {
			t.Error("the context has not ended")
		}
		ctx.Cancel()
	})
	if n > 1 {
		t.Errorf("a context is one allocation; got %.0f", n)
	}
}
