package engine

import (
	"strconv"

	lib "modernc.org/libquickjs"
)

// State is the state of a Promise.
type State uint8

// The states of a Promise.
const (
	Pending State = iota
	Fulfilled
	Rejected
)

// String returns the name of the state in the language standard.
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

// Promise is a reference to the promise of a module. Until it is released, Err returns its rejection, which is not
// reported to OnUnhandled.
type Promise struct {
	handle handle
	err    *Exception // the rejection, after the first call of Err
	module uintptr    // the JSModuleDef, which exists as long as the Runtime
}

// newPromise returns a Promise. It takes over the caller's reference to v.
func (r *Runtime) newPromise(v raw) *Promise {
	p := new(Promise)
	r.addHandle(&p.handle, v)
	return p
}

// State returns the state of p. It returns Pending if p has been released, or if its Runtime has failed or is closed.
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

// Err returns the exception with which p was rejected, or nil if p is not rejected.
func (p *Promise) Err() *Exception {
	if p.err != nil || p.State() != Rejected {
		return p.err
	}
	r := p.handle.r
	_ = r.runTurn(func() error {
		p.err = r.describe(r.hold(lib.XJS_PromiseResult(r.tls, r.ctx, p.handle.v)), maxCauses)
		return nil
	})
	return p.err
}

// Release releases the promise. Further calls do nothing, and neither does a call after the Runtime has been closed.
func (p *Promise) Release() { p.handle.release() }
