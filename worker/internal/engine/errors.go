package engine

import (
	"errors"
	"fmt"
)

var (
	// ErrInterrupted is returned by a turn that Interrupt has ended, and by every turn that is started before
	// ClearInterrupt.
	ErrInterrupted = errors.New("engine: the script was interrupted; call ClearInterrupt before the next turn")

	// ErrOutOfMemory is returned by a turn in which an allocation has failed because of the memory limit, even if the
	// script has caught the exception.
	ErrOutOfMemory = errors.New("engine: the script ran out of memory; close the runtime and make a new one")

	// ErrPoisoned is returned by a Runtime that has run out of memory before, or in whose engine a fault has occurred.
	ErrPoisoned = errors.New("engine: the runtime is no longer usable after an earlier failure; close it and make a new one")

	// ErrClosed is returned after the Runtime has been closed.
	ErrClosed = errors.New("engine: the runtime is closed")

	// ErrBusy is returned by Close within a host function.
	ErrBusy = errors.New("engine: the runtime is running a script; close it after the turn")

	// ErrReleased is returned for a Function that has been released, or that belongs to another Runtime.
	ErrReleased = errors.New("engine: the function is released or belongs to another runtime")

	// ErrStackOverflow matches, with errors.Is, the Exception of a script whose calls were nested too deeply. Scripts
	// can catch that exception.
	ErrStackOverflow = errors.New("engine: the script's calls were nested too deeply")
)

// UnsupportedError reports a JavaScript value that cannot be converted to a [Value].
type UnsupportedError struct {
	// Type is the type or class of the value: "Map", "Promise", "symbol", "bigint" and so on.
	Type string
}

// Error returns the type, and the types that are supported.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("a value of type %s cannot be passed to the host; "+
		"pass undefined, null, booleans, numbers, strings, bytes, functions or arrays of these", e.Type)
}

// SizeError reports a value that is too large to be passed between script and host.
type SizeError struct {
	What  string // the thing that is too large, such as "a string"
	Limit int    // its maximum size
}

// Error returns the thing that is too large, and the limit.
func (e *SizeError) Error() string {
	return fmt.Sprintf("%s is too large to be passed between script and host: the limit is %d", e.What, e.Limit)
}

// PanicError is a Go panic that has been recovered, in a host function or in the engine.
type PanicError struct {
	Value any    // the value that was passed to panic
	Stack []byte // the stack of the goroutine at recovery
}

// Error returns the value of the panic without the stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("engine: panic: %v", e.Value)
}

// Unwrap returns the value of the panic if it is an error, and nil otherwise.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
