package webcrypto

import "fmt"

// Error is the failure of an operation.
type Error struct {
	Name    string // the name of the DOMException, or TypeError
	Message string
}

// Error returns the name and the message.
func (e *Error) Error() string { return e.Name + ": " + e.Message }

func dataError(format string, args ...any) error { return newError("DataError", format, args) }

func operationError(format string, args ...any) error {
	return newError("OperationError", format, args)
}

func syntaxError(format string, args ...any) error { return newError("SyntaxError", format, args) }

func notSupported(format string, args ...any) error {
	return newError("NotSupportedError", format, args)
}

func invalidAccess(format string, args ...any) error {
	return newError("InvalidAccessError", format, args)
}

func newError(name, format string, args []any) error {
	return &Error{Name: name, Message: fmt.Sprintf(format, args...)}
}
