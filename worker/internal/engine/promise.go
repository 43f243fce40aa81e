package engine

import (
	"strconv"

	lib "modernc.org/libquickjs"
)

// State is how far a Promise has come.
type State uint8

// The states of a Promise.
const (
	Pending State = iota
	Fulfilled
	Rejected
)

// String gives the state's name as the language standard spells it.
func (s State) String() string {
	switch s {
	case Pending:
		return "pending"
	case Fulfilled:
		return "fulfilled"
	case Rejected:
		return "rejected"
	}
	return "State(" + strconv.Itoa(int(s)) + ")"
}

// Promise is a counted reference to the promise of a module. Its rejection is told
// by Err and not to OnUnhandled, for as long as it is not released.
type Promise struct {
	handle handle
	err    *Exception
	module uintptr // JSModuleDef, which lives as long as the Runtime
}

// newPromise takes over one count of v.
func (r *Runtime) newPromise(v raw) *Promise {
	p := new(Promise)
	r.adopt(&p.handle, v)
	return p
}

// State returns how far p has come; released, or after its Runtime failed or was
// closed, it is Pending for ever.
func (p *Promise) State() State {
	if p.handle.count == 0 || p.handle.r.broken() {
		return Pending
	}
	r, state := p.handle.r, lib.EJS_PROMISE_PENDING
	_ = r.protect(func() { state = int(lib.XJS_PromiseState(r.tls, r.ctx, p.handle.v)) })
	switch state {
	case lib.EJS_PROMISE_FULFILLED:
		return Fulfilled
	case lib.EJS_PROMISE_REJECTED:
		return Rejected
	}
	return Pending
}

// Err gives what p was rejected with, nil if it was not.
func (p *Promise) Err() *Exception {
	if p.err != nil || p.State() != Rejected {
		return p.err
	}
	r := p.handle.r
	_ = r.enter(func() error {
		p.err = r.describe(r.hold(lib.XJS_PromiseResult(r.tls, r.ctx, p.handle.v)), maxCauses)
		return nil
	})
	return p.err
}

// Release lets go of the promise. Releasing again, or after the Runtime was closed,
// does nothing.
func (p *Promise) Release() { p.handle.release() }
