package script

import "errors"

var (
	// ErrInterrupted ends a turn that took too long or was stopped. If the position in the
	// application's code is known, the error is an *[Interruption].
	ErrInterrupted = errors.New("the script was interrupted")

	// ErrOutOfMemory ends a turn in which the application has exceeded its memory limit.
	ErrOutOfMemory = errors.New("the script ran out of memory")

	// ErrBroken ends a turn in which the Runtime itself has failed. If the cause is known, the error is
	// a *[Failure].
	ErrBroken = errors.New("the runtime of the script has failed")

	// ErrExited ends a Runtime whose process has ended. The error is an *[Exit].
	ErrExited = errors.New("the process of the worker has ended")

	// ErrLost is returned by [Runtime.Close] if memory cannot be freed.
	ErrLost = errors.New("the memory of the runtime cannot be freed")
)

// IsFatal reports whether a Runtime is unusable after an error.
func IsFatal(err error) bool {
	return err != nil && (errors.Is(err, ErrOutOfMemory) || errors.Is(err, ErrBroken) || errors.Is(err, ErrInterrupted) || errors.Is(err, ErrExited))
}

// Frame is one call in a stack.
type Frame struct {
	Function     string // empty at the top level of a module
	File         string // [Application.Name], "native" for built-in functions, or "linger:" and a name for Linger's own code
	Line, Column int    // from 1; 0 where unknown
}

// Exception is a value that the application has thrown, or with which a promise was rejected.
type Exception struct {
	Name    string // such as "TypeError"; empty for a value that is not an error
	Message string // the error's message, or a readable form of the value
	Frames  []Frame
	Cause   *Exception // the property cause of the error; nil for none

	Errors []*Exception // the first errors of an AggregateError
	More   int          // the number of errors of an AggregateError that are not in Errors
}

// Error returns name and message in the form that JavaScript prints.
func (e *Exception) Error() string {
	switch {
	case e.Name == "":
		return e.Message
	case e.Message == "":
		return e.Name
	}
	return e.Name + ": " + e.Message
}

// InEvent is an error of a turn that ran the listeners of an event, whose Runtime is in another process.
type InEvent struct {
	Event int // its number; 0 for a turn outside of events
	Err   error
}

// Error returns the text of the error.
func (e *InEvent) Error() string { return e.Err.Error() }

// Unwrap returns the error.
func (e *InEvent) Unwrap() error { return e.Err }

// Interruption is an ErrInterrupted with the stack at the moment of the interrupt.
type Interruption struct{ Frames []Frame }

// Error returns the text of ErrInterrupted.
func (*Interruption) Error() string { return ErrInterrupted.Error() }

// Unwrap returns ErrInterrupted.
func (*Interruption) Unwrap() error { return ErrInterrupted }

// Failure is an ErrBroken with its cause.
type Failure struct {
	Cause error
	Stack string // the stack of the Go code; "" if unknown
}

// Error returns the text of the cause.
func (e *Failure) Error() string { return e.Cause.Error() }

// Unwrap returns ErrBroken and the cause.
func (e *Failure) Unwrap() []error { return []error{ErrBroken, e.Cause} }

// Exit is an ErrExited.
type Exit struct {
	How    string   // such as "exited with status 3"
	Stderr []string // the last lines of its standard error
}

// Error returns how the process has ended.
func (e *Exit) Error() string { return "the process " + e.How }

// Unwrap returns ErrExited.
func (*Exit) Unwrap() error { return ErrExited }

// Throw is an error of a Host that is thrown as an exception in the application. Other errors are logged,
// and the application gets an exception without their text.
type Throw struct {
	Name    string // the name of a built-in error class, or of a DOMException
	Message string
}

// Error returns name and message in the form that JavaScript prints.
func (t *Throw) Error() string { return t.Name + ": " + t.Message }
