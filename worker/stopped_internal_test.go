package worker

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// loadSteps are the steps of loading in which a script runs.
var loadSteps = []string{"load", "top-level await", "timer", "install", "activate", "listeners"}

// steppedRuntime is a fakeRuntime in which a step of loading calls enter.
type steppedRuntime struct {
	*fakeRuntime
	step    string
	enter   func(stopped <-chan struct{}) error
	waiting bool // a timer is set
}

func (r *steppedRuntime) run(step string) error {
	if step != r.step {
		return nil
	}
	return r.enter(r.stopped)
}

func (r *steppedRuntime) Load() error { return r.run("load") }

func (r *steppedRuntime) Loaded() (bool, error) {
	if r.step == "timer" && !r.waiting {
		r.waiting = true
		r.host.SetTimer(1, time.Millisecond, false)
	}
	return !r.waiting, r.run("top-level await")
}

func (r *steppedRuntime) Listening() ([]string, error) {
	if err := r.run("listeners"); err != nil {
		return nil, err
	}
	return r.fakeRuntime.Listening()
}

func (r *steppedRuntime) Dispatch(at time.Time, id int, e script.Event) error {
	switch e := e.(type) {
	case *script.Lifecycle:
		if err := r.run(e.Kind); err != nil {
			return err
		}
	case *script.Timer:
		return r.run("timer")
	}
	return r.fakeRuntime.Dispatch(at, id, e)
}

// serveStepped serves an application whose first version loads. In all others the step calls enter.
func serveStepped(t *testing.T, step string, enter func(stopped <-chan struct{}) error) *fakeApp {
	t.Helper()
	return serveFake(t, func(host script.Host, app script.Application) script.Runtime {
		f := launchFake(host, app).(*fakeRuntime)
		if f.version == "v1" {
			return f
		}
		return &steppedRuntime{fakeRuntime: f, step: step, enter: enter}
	}, Options{Workers: 2})
}

// reloads are the methods that load a version.
var reloads = map[string]func(a *App) error{
	"Reload": (*App).Reload,
	"Reconfigure": func(a *App) error {
		_, err := a.Reconfigure(a.opts)
		return err
	},
}

// Shutdown interrupts every step in which a new version is loaded.
func TestAppShutdownInterruptsEachStepOfLoading(t *testing.T) {
	t.Parallel()
	for _, step := range loadSteps {
		for name, reload := range reloads {
			t.Run(step+" in "+name, func(t *testing.T) {
				t.Parallel()
				begun, once := make(chan struct{}), sync.Once{}
				f := serveStepped(t, step, func(stopped <-chan struct{}) error {
					once.Do(func() { close(begun) })
					<-stopped
					return script.ErrInterrupted
				})
				f.write("v2")
				result := make(chan error, 1)
				go func() { result <- reload(f.App) }()
				<-begun
				if err := f.Shutdown(t.Context()); err != nil {
					t.Error(err)
				}
				if err := <-result; !errors.Is(err, ErrStopped) {
					t.Errorf("%s returns ErrStopped; got %v", name, err)
				}
				if err := reload(f.App); !errors.Is(err, ErrStopped) {
					t.Errorf("%s after Shutdown returns ErrStopped; got %v", name, err)
				}
				if f.Generation() != 1 || strings.Contains(f.log.String(), "level=ERROR") {
					t.Errorf("the last version stays in use, and nothing is logged as an error; version %d is in use:\n%s", f.Generation(), f.log)
				}
			})
		}
	}
}

// While the application runs, each step that fails is the fault of the script.
func TestAppReloadReportsTheFailureOfEachStepOfLoading(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]struct {
		err  error
		want string
	}{
		"an exception":             {&script.Exception{Name: "TypeError", Message: "thrown"}, "TypeError: thrown"},
		"computing for too long":   {script.ErrInterrupted, "the script computed for longer than"},
		"the limit of memory":      {script.ErrOutOfMemory, "the script ran out of memory"},
		"the failure of an engine": {&script.Failure{Cause: errors.New("the process has exited")}, "the process has exited"},
	} {
		for _, step := range loadSteps {
			if step == "timer" {
				continue // the next test
			}
			t.Run(name+" in "+step, func(t *testing.T) {
				t.Parallel()
				f := serveStepped(t, step, func(<-chan struct{}) error { return failure.err })
				f.write("v2")
				err := f.Reload()
				if _, ok := errors.AsType[*LoadError](err); !ok || !strings.Contains(err.Error(), failure.want) {
					t.Errorf("the error is a *LoadError with %q; got %v", failure.want, err)
				}
				if f.Generation() != 1 {
					t.Errorf("the last version stays in use; got version %d", f.Generation())
				}
			})
		}
	}
}

// A script that waits for a timer which computes for too long cannot be loaded.
func TestAppReloadReportsTheFailureOfATimerDuringLoading(t *testing.T) {
	t.Parallel()
	f := serveStepped(t, "timer", func(<-chan struct{}) error { return script.ErrInterrupted })
	f.write("v2")
	err := f.Reload()
	if _, ok := errors.AsType[*LoadError](err); !ok || !strings.Contains(err.Error(), "the script failed in a timer while it was loading") {
		t.Errorf("the error is a *LoadError about the timer; got %v", err)
	}
}

// A scheduled event that Shutdown cuts off has not failed.
func TestAppShutdownInterruptsScheduledEvents(t *testing.T) {
	t.Parallel()
	begun := make(chan struct{})
	f := serveFake(t, func(host script.Host, app script.Application) script.Runtime {
		return &scheduledRuntime{launchFake(host, app).(*fakeRuntime), begun}
	}, Options{})
	result := make(chan error, 1)
	go func() { result <- f.Scheduled(t.Context(), "* * * * *", time.Now()) }()
	<-begun
	cut, cancel := context.WithCancel(t.Context())
	cancel()
	_ = f.Shutdown(cut)
	if err := <-result; !errors.Is(err, ErrStopped) {
		t.Errorf("Scheduled returns ErrStopped; got %v", err)
	}
}

// scheduledRuntime is a fakeRuntime whose scheduled event lasts until the runtime is stopped.
type scheduledRuntime struct {
	*fakeRuntime
	begun chan struct{}
}

func (r *scheduledRuntime) Listening() ([]string, error) { return []string{"fetch", "scheduled"}, nil }

func (r *scheduledRuntime) Dispatch(at time.Time, id int, e script.Event) error {
	if _, ok := e.(*script.Scheduled); !ok {
		return r.fakeRuntime.Dispatch(at, id, e)
	}
	close(r.begun)
	<-r.stopped
	return script.ErrInterrupted
}
