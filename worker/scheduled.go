package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lingerws/linger/worker/internal/cron"
	"github.com/lingerws/linger/worker/internal/script"
)

// crons are the schedules of an application.
type crons struct {
	schedules []*cron.Schedule
	texts     []string // the schedules as text
}

// maxCrons is the limit of the schedules of an application. The platform allows as many for all Workers of an account.
const maxCrons = 250

// parseCrons parses the schedules of an application. Equal ones count once.
func parseCrons(texts []string) (crons, error) {
	var c crons
	for _, text := range texts {
		if slices.Contains(c.texts, text) {
			continue
		}
		s, err := cron.Parse(text)
		if err != nil {
			return c, problem(fmt.Sprintf("the cron %q %s", text, err))
		}
		c.schedules, c.texts = append(c.schedules, s), append(c.texts, text)
	}
	if len(c.texts) > maxCrons {
		return c, problem(fmt.Sprintf("there are %d crons: at most %d are possible", len(c.texts), maxCrons))
	}
	return c, nil
}

// Scheduled dispatches the scheduled event, as at the time at of the schedule cron, and blocks until the application has
// handled it or ctx has ended, which does not stop the event. The error is the text of what the application has thrown or why it has not
// handled the event, which is also logged, the cause of the end of ctx, or [ErrStopped] if Shutdown has cut the event off or was called before.
func (a *App) Scheduled(ctx context.Context, cron string, at time.Time) error {
	if closed(a.clocks.stopping) {
		return ErrStopped
	}
	if !a.generation.Load().listensTo("scheduled") {
		return errNoScheduled
	}
	w, wait := a.chooseWorker()
	if w == nil {
		return fmt.Errorf("the application keeps failing: workers back off for %s", wait)
	}
	e := newEvent("scheduled", nil)
	e.done = make(chan struct{})
	e.input = &script.Scheduled{Cron: cron, Time: at}
	a.pending.add(1) // a shutdown waits for it
	ended := make(chan error, 1)
	go func() {
		defer a.pending.add(-1)
		ended <- a.scheduledError(e, w.submit(e))
	}()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// errNoScheduled is the error of a scheduled event without a listener.
var errNoScheduled = errors.New("the application has no scheduled handler: export one, as default export with a method scheduled(controller, env, ctx)")

// scheduledError returns why a scheduled event has failed, nil if it has not.
func (a *App) scheduledError(e *event, handled bool) error {
	switch {
	case e.refused:
		return errors.New("the application keeps failing, and its worker backs off")
	case !handled:
		return ErrStopped
	case e.problem != nil:
		return errors.New(e.problem.Text)
	case e.overdue:
		return errors.New("the application did not handle the event in time")
	case e.failed:
		return a.unlessStopped(errors.New("the application failed"))
	}
	return nil
}
