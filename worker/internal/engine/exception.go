package engine

import (
	"math"
	"strings"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

const (
	maxCauses    = 4       // length of a chain of causes
	maxErrors    = 4       // number of errors of an AggregateError
	maxErrorText = 1 << 14 // length of a message or stack, in bytes
)

// Exception is a value that a script has thrown, or with which a promise was rejected.
type Exception struct {
	Name    string     // such as "TypeError"; empty if the value is not an error object
	Message string     // the message of the error, or a readable form of the value
	Stack   string     // one line for each frame, without name and message
	Frames  []Frame    // the parsed Stack
	Cause   *Exception // the cause of the error, or nil

	Errors []*Exception // the first errors of an AggregateError
	More   int          // the number of its further errors
}

// Error returns name and message in the form in which JavaScript prints them.
func (e *Exception) Error() string {
	switch {
	case e.Name == "":
		return e.Message
	case e.Message == "":
		return e.Name
	}
	return e.Name + ": " + e.Message
}

// Unwrap returns the cause, or nil.
func (e *Exception) Unwrap() error {
	if e.Cause == nil {
		return nil
	}
	return e.Cause
}

// Is reports whether target is ErrStackOverflow and e is the engine's stack overflow, which only its text identifies.
func (e *Exception) Is(target error) bool {
	return target == ErrStackOverflow && e.Name == "InternalError" && e.Message == "stack overflow"
}

// thrown removes the pending exception and returns it as an error. If the turn must stop, it returns ErrOutOfMemory or
// ErrInterrupted instead.
func (r *Runtime) thrown() error {
	if r.outOfMemory {
		return ErrOutOfMemory
	}
	e := r.caught()
	switch {
	case r.outOfMemory:
		return ErrOutOfMemory
	case r.interrupted.Load():
		return ErrInterrupted
	}
	return e
}

// caught removes the pending exception and returns it.
func (r *Runtime) caught() *Exception {
	v := lib.XJS_GetException(r.tls, r.ctx)
	defer lib.XFreeValue(r.tls, r.ctx, v)
	return r.describe(v, maxCauses)
}

// describe converts a thrown value to an Exception with at most causes causes. Getters and proxies of the script may run;
// their exceptions are dropped.
func (r *Runtime) describe(v raw, causes int) *Exception {
	if r.mustStop() || tag(v) != lib.EJS_TAG_OBJECT {
		return &Exception{Message: r.primitive(v)}
	}
	e := &Exception{
		Name:    r.property(v, lib.EJS_ATOM_name),
		Message: r.property(v, lib.EJS_ATOM_message),
	}
	if lib.XJS_IsError(r.tls, r.ctx, v) == 0 && e.Message == "" {
		return &Exception{Message: r.inspect(v)}
	}
	e.Stack = stripHead(r.property(v, lib.EJS_ATOM_stack), e.Error())
	e.Frames = parseStack(e.Stack)
	if causes > 0 {
		e.Cause = r.cause(v, causes-1)
		e.Errors, e.More = r.errors(v, min(causes-1, 1))
	}
	return e
}

// errors converts the first elements of the property errors, which an AggregateError has. more is the number of its
// further elements.
func (r *Runtime) errors(v raw, causes int) (errs []*Exception, more int) {
	list := lib.XGetProperty(r.tls, r.ctx, v, lib.EJS_ATOM_errors)
	defer lib.XFreeValue(r.tls, r.ctx, list)
	isArray := int32(0)
	if tag(list) == lib.EJS_TAG_OBJECT {
		isArray = lib.XJS_IsArray(r.tls, r.ctx, list)
	}
	if isArray <= 0 {
		if tag(list) == lib.EJS_TAG_EXCEPTION || isArray < 0 { // a getter or a proxy of the script has thrown
			r.dropException()
		}
		return nil, 0
	}
	length := r.length(list)
	for i := range min(length, maxErrors) {
		element := lib.XJS_GetPropertyUint32(r.tls, r.ctx, list, uint32(i))
		if tag(element) == lib.EJS_TAG_EXCEPTION {
			r.dropException()
			return errs, length - i
		}
		errs = append(errs, r.describe(element, causes))
		lib.XFreeValue(r.tls, r.ctx, element)
	}
	return errs, max(0, length-maxErrors)
}

// length returns the length of an array, or 0 if it cannot be read.
func (r *Runtime) length(array raw) int {
	n := lib.XGetProperty(r.tls, r.ctx, array, lib.EJS_ATOM_length)
	defer lib.XFreeValue(r.tls, r.ctx, n)
	switch tag(n) {
	case lib.EJS_TAG_EXCEPTION:
		r.dropException()
	case lib.EJS_TAG_INT, lib.EJS_TAG_FLOAT64:
		if length := rawFloat(n); length > 0 { // a proxy may return any number
			return int(min(length, math.MaxUint32))
		}
	}
	return 0
}

// cause converts the cause of an error. It returns nil if there is none.
func (r *Runtime) cause(v raw, causes int) *Exception {
	cause := lib.XGetProperty(r.tls, r.ctx, v, lib.EJS_ATOM_cause)
	defer lib.XFreeValue(r.tls, r.ctx, cause)
	switch tag(cause) {
	case lib.EJS_TAG_EXCEPTION:
		r.dropException()
		return nil
	case lib.EJS_TAG_UNDEFINED:
		return nil
	}
	return r.describe(cause, causes)
}

// property returns a property that is a string, and "" for every other property.
func (r *Runtime) property(v raw, name lib.TJSAtom) string {
	p := lib.XGetProperty(r.tls, r.ctx, v, name)
	defer lib.XFreeValue(r.tls, r.ctx, p)
	switch tag(p) {
	case lib.EJS_TAG_EXCEPTION:
		r.dropException()
	case lib.EJS_TAG_STRING, lib.EJS_TAG_STRING_ROPE:
		return r.primitive(p)
	}
	return ""
}

// dropException removes and frees the pending exception.
func (r *Runtime) dropException() {
	lib.XFreeValue(r.tls, r.ctx, lib.XJS_GetException(r.tls, r.ctx))
}

// primitive returns a string unchanged, and the result of inspect for any other value.
func (r *Runtime) primitive(v raw) string {
	if tag(v) == lib.EJS_TAG_STRING || tag(v) == lib.EJS_TAG_STRING_ROPE {
		s, err := r.text(v)
		if err == nil {
			return clip(s)
		}
	}
	return r.inspect(v)
}

// inspect returns a readable form of any value, as a console prints it. No code of the script runs.
func (r *Runtime) inspect(v raw) string {
	r.printed = r.printed[:0]
	lib.XJS_PrintValue(r.tls, r.ctx, pointerTo(appendPrinted), 0, v, 0)
	return clip(strings.ToValidUTF8(string(r.printed), "\uFFFD"))
}

// appendPrinted appends text to r.printed. The engine calls it while it prints a value.
func appendPrinted(tls *libc.TLS, _, p uintptr, n lib.Tsize_t) {
	r := runtimeOf(tls)
	if len(r.printed) < maxErrorText {
		r.printed = append(r.printed, memory[byte](p, int(n))...)
	}
}

// clip truncates a text to maxErrorText bytes at the boundary of a character.
func clip(s string) string {
	if len(s) <= maxErrorText {
		return s
	}
	return strings.ToValidUTF8(s[:maxErrorText], "") + " ..."
}
