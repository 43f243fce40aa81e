package engine

import (
	"errors"
	"fmt"
)

var (
	// ErrInterrupted is the end of a turn that Interrupt stopped, and the answer
	// to every turn begun before ClearInterrupt.
	ErrInterrupted = errors.New("engine: the script was interrupted; call ClearInterrupt before the next turn")

	// ErrOutOfMemory is the end of a turn in which the memory limit refused an
	// allocation, whether or not the script caught the error it saw.
	ErrOutOfMemory = errors.New("engine: the script ran out of memory; close the runtime and make a new one")

	// ErrPoisoned is the answer of a Runtime that ran out of memory before, or
	// whose engine failed inside.
	ErrPoisoned = errors.New("engine: the runtime is no longer usable after an earlier failure; close it and make a new one")

	// ErrClosed is the answer of a closed Runtime and of its Functions.
	ErrClosed = errors.New("engine: the runtime is closed")

	// ErrBusy is the answer of Close inside a host function.
	ErrBusy = errors.New("engine: the runtime is running a script; close it after the turn")

	// ErrReleased is the answer to using a Function after its last Release, or in
	// a Runtime it does not belong to.
	ErrReleased = errors.New("engine: the function is released or belongs to another runtime")

	// ErrStackOverflow is what errors.Is finds in the Exception of a script that
	// called too deeply. Scripts can catch it.
	ErrStackOverflow = errors.New("engine: the script called too deeply")
)

// UnsupportedError says that a JavaScript value has no form as a [Value].
type UnsupportedError struct {
	// Type names what was found: "Map", "Promise", "symbol", "bigint" ...
	Type string
}

// Error names the type and what can pass.
func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("a value of type %s cannot be passed to the host; "+
		"pass undefined, null, booleans, numbers, strings, bytes, functions or arrays of these", e.Type)
}

// SizeError says that a value was too large to pass between script and host.
type SizeError struct {
	What  string // what was too large
	Limit int    // the most that can pass
}

// Error says what was too large and what the limit is.
func (e *SizeError) Error() string {
	return fmt.Sprintf("%s is too large to be passed between script and host: the limit is %d", e.What, e.Limit)
}

// PanicError is a Go panic that was stopped at the border to the engine.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // the goroutine's stack where it was stopped
}

// Error gives the panic's value without its stack.
func (e *PanicError) Error() string {
	return fmt.Sprintf("engine: panic: %v", e.Value)
}

// Unwrap gives the panic's value where it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
