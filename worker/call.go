package worker

import (
	"errors"
	"fmt"

	"github.com/lingerws/linger/internal/replica"
	"github.com/lingerws/linger/worker/internal/loop"
	"github.com/lingerws/linger/worker/internal/script"
)

const (
	maxCalls    = 16384    // bounds the calls and the requests of a script to other parts of the application that are not answered
	maxCallSize = 32 << 20 // bounds the arguments and the result of a call, in bytes
)

// receiver is what scripts send calls and requests to.
type receiver interface {
	call(c script.Call) script.Event        // returns the event of a call
	request(r *script.Request) script.Event // returns the event of a request
	// send queues an event with a cargo; it returns why it cannot, "" for nothing. err is the failure of the sender's output gate.
	send(e *event, c *cargo, err error) (failure string)
	done() // ends the use of the receiver
}

// receiverOf returns the receiver for a target. done must be called.
func (h *hostAPI) receiverOf(t script.Target) receiver {
	switch {
	case t.Object != nil:
		return h.app.receiverOf(*t.Object)
	case t.Entrypoint != nil:
		return entrypoint{h.worker, *t.Entrypoint}
	}
	return referenced{&h.app.references, t.Reference}
}

// receiverOf returns the receiver of an object, which may be on another node. done must be called.
func (a *App) receiverOf(ref script.ObjectRef) receiver {
	if a.cluster != nil {
		return a.cluster.receiver(ref)
	}
	return a.objects.use(ref)
}

// call implements receiver.
func (o *object) call(c script.Call) script.Event {
	return &script.ObjectCall{Object: o.target(), Call: c}
}

// request implements receiver.
func (o *object) request(r *script.Request) script.Event {
	return &script.ObjectRequest{Object: o.target(), Request: *r}
}

// entrypoint is an entry point of the application, whose calls are handled by the worker of the caller.
type entrypoint struct {
	worker *worker
	name   script.Entrypoint
}

func (p entrypoint) done() {}

// call implements receiver.
func (p entrypoint) call(c script.Call) script.Event {
	return &script.EntrypointCall{Entrypoint: p.name, Call: c}
}

// request implements receiver.
func (p entrypoint) request(r *script.Request) script.Event {
	return &script.EntrypointRequest{Entrypoint: p.name, Request: *r}
}

// send implements receiver.
func (p entrypoint) send(e *event, _ *cargo, err error) (failure string) {
	switch {
	case err != nil:
		return lossOf(err)
	case closed(p.worker.status.refusal()):
		return objectBackingOff
	}
	p.worker.tasks.add(e)
	return ""
}

// checkCalls returns an error if too many calls and requests are in progress.
func (h *hostAPI) checkCalls() error {
	if len(h.calls) < maxCalls && len(h.fetches) < maxCalls {
		return nil
	}
	return &script.Throw{Name: "Error", Message: fmt.Sprintf(
		"Too many calls are in progress: a script may have %d that are not answered", maxCalls)}
}

// checkSize returns an error if a value is too large for a call. Its text is that of the Workers runtime.
func checkSize(v *script.Value) error {
	if v.Size() <= maxCallSize {
		return nil
	}
	return &script.Throw{Name: "Error", Message: fmt.Sprintf(
		"Serialized RPC arguments or return values are limited to 32MiB, but the size of this value was: %d bytes.", v.Size())}
}

// Call implements [script.ObjectRequests].
func (h *hostAPI) Call(number, from int, target script.Target, c script.Call) error {
	if err := h.checkCalls(); err != nil {
		return err
	}
	if err := checkSize(&c.Args); err != nil {
		return err
	}
	carried := &cargo{call: &script.Call{Path: c.Path, Get: c.Get}, args: h.pack(c.Args)}
	to := h.receiverOf(target)
	e := newCallEvent(carried, to)
	settle := func(outcome script.Outcome, result *parcel) {
		carried.args.drop()
		h.arrivals.Add(loop.Arrival{Drop: result.drop, Run: func() error {
			delete(h.calls, number)
			outcome.Value, outcome.Flags = h.unpack(result), failureFlags[outcome.Failure]
			return h.caller.dispatchInTurn(&script.CallResult{Number: number, Outcome: outcome})
		}})
	}
	e.onEnd = func() {
		outcome, result := e.objectOutcome()
		settle(outcome, result)
		to.done()
	}
	h.calls[number] = struct{}{}
	h.pass(from, func(err error) {
		if failure := to.send(e, carried, err); failure != "" {
			settle(script.Outcome{Failure: failure}, nil)
			to.done()
		}
	})
	return nil
}

// Return implements [script.ObjectCalls].
func (h *hostAPI) Return(id int, outcome script.Outcome) error {
	e := h.events.get(id)
	if e == nil {
		return nil
	}
	if err := checkSize(&outcome.Value); err != nil {
		return err
	}
	e.outcome, e.result = &outcome, h.pack(outcome.Value)
	if e.alarm != nil {
		h.caller.finishAlarm(e, outcome)
	}
	h.caller.endEvent(id)
	return nil
}

// The messages of exceptions that a caller gets if there is no answer.
const (
	objectOverloaded = "Durable Object is overloaded. Too many requests queued."
	objectUnhandled  = "The call cannot be delivered: the application shuts down"
	objectBackingOff = "The call cannot be delivered: its worker keeps failing, try again later"
	objectReset      = "The Durable Object was reset before it had answered: its worker has failed or was replaced"
	objectOverdue    = "The call was not answered within the event timeout"
	objectUpdated    = "Durable Object reset because its code was updated."
	objectLost       = "The Durable Object was reset: what it has written could not be stored"
	objectTakenOver  = "Durable Object reset because another node takes it over."
	objectUnplaced   = "The Durable Object cannot be reached: no node could take it in time, try again later"
	objectUnanswered = "Network connection lost: the node that has the Durable Object does not answer, and may have handled the call"
	objectNotHere    = "The Durable Object is on another node"
	objectUnknown    = "The node that has the Durable Object has no class of this name, or another version of the application"
	referenceBroken  = "The RPC stub is broken: the code that has passed it has ended"
)

// failureFlags are the properties that are true of the exceptions with these messages.
var failureFlags = map[string][]string{
	objectOverloaded: {"overloaded"},
	objectReset:      {"durableObjectReset", "retryable"},
	objectUpdated:    {"durableObjectReset", "retryable"},
	objectMoving:     {"durableObjectReset", "retryable"},
	objectMoved:      {"retryable"},
	objectLost:       {"durableObjectReset"},
	objectBackingOff: {"retryable"},
	objectTakenOver:  {"durableObjectReset", "retryable"},
	objectUnplaced:   {"retryable"},
	objectUnanswered: {"retryable"},
	objectNotHere:    {"retryable"},
	objectUnknown:    {"retryable"},
}

// isTakenOver reports whether the failure of an output gate, or of a commit, is that this node has given the object up, which resets it.
func isTakenOver(err error) bool {
	return errors.Is(err, errTakenOver) || errors.Is(err, replica.ErrFenced) || errors.Is(err, replica.ErrClosed) || errors.Is(err, replica.ErrBehind)
}

// errTakenOver is the failure of an output gate whose object this node does not own any more.
var errTakenOver = errors.New("worker: another node takes the Durable Object over")

// lossOf returns the failure for that of an output gate.
func lossOf(err error) string {
	if isTakenOver(err) {
		return objectTakenOver
	}
	return objectLost
}

// objectOutcome returns the outcome of the event of a call, which has ended, and its value.
func (e *event) objectOutcome() (script.Outcome, *parcel) {
	switch {
	case e.outcome != nil && (e.lost == nil || e.outcome.Thrown && !isTakenOver(e.lost)):
		return *e.outcome, e.result
	case e.lost != nil:
		e.result.drop()
		return script.Outcome{Failure: lossOf(e.lost)}, nil
	case e.reference != 0 && !e.overdue:
		return script.Outcome{Failure: referenceBroken}, nil
	case !e.handled():
		return script.Outcome{Failure: objectUnhandled}, nil
	case e.overdue:
		return script.Outcome{Failure: objectOverdue}, nil
	}
	return script.Outcome{Failure: objectReset}, nil
}

// HasCaller implements [script.ObjectCalls].
func (h *hostAPI) HasCaller(id int) bool {
	e := h.events.get(id)
	if e == nil {
		return true
	}
	switch e.input.(type) {
	case *script.HibernatableMessage, *script.HibernatableClose:
		return false
	}
	return true
}
