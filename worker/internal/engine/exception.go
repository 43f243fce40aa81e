package engine

import (
	"math"
	"strings"

	"modernc.org/libc"
	lib "modernc.org/libquickjs"
)

const (
	maxCauses    = 4       // errors named as the cause of an error, and so on
	maxErrors    = 4       // errors of an AggregateError
	maxErrorText = 1 << 14 // bytes of a message or stack
)

// Exception is what a script threw, or what a promise was rejected with.
type Exception struct {
	Name    string // "TypeError"; empty when no error object was thrown
	Message string // the error's message, or a readable form of what was thrown
	Stack   string // one line for each frame, without name and message
	Frames  []Frame
	Cause   *Exception // the error's cause, if it has one

	Errors []*Exception // the first errors of an AggregateError
	More   int          // how many follow them
}

// Error gives name and message as JavaScript prints them.
func (e *Exception) Error() string {
	switch {
	case e.Name == "":
		return e.Message
	case e.Message == "":
		return e.Name
	}
	return e.Name + ": " + e.Message
}

// Unwrap gives the cause.
func (e *Exception) Unwrap() error {
	if e.Cause == nil {
		return nil
	}
	return e.Cause
}

// Is knows the engine's stack overflow by its text; it has no other mark.
func (e *Exception) Is(target error) bool {
	return target == ErrStackOverflow && e.Name == "InternalError" && e.Message == "stack overflow"
}

// thrown takes the pending exception. What stopped the turn from outside goes
// before it, so that nothing of the script runs any more to describe it.
func (r *Runtime) thrown() error {
	if r.starved {
		return ErrOutOfMemory
	}
	e := r.caught()
	switch {
	case r.starved:
		return ErrOutOfMemory
	case r.interrupted.Load():
		return ErrInterrupted
	}
	return e
}

func (r *Runtime) caught() *Exception {
	v := lib.XJS_GetException(r.tls, r.ctx)
	defer lib.XFreeValue(r.tls, r.ctx, v)
	return r.describe(v, maxCauses)
}

// describe reads what was thrown. Getters and proxies of the script may run and
// throw again; what they throw is dropped.
func (r *Runtime) describe(v raw, causes int) *Exception {
	if r.stopped() || tag(v) != lib.EJS_TAG_OBJECT {
		return &Exception{Message: r.primitive(v)}
	}
	e := &Exception{
		Name:    r.property(v, lib.EJS_ATOM_name),
		Message: r.property(v, lib.EJS_ATOM_message),
	}
	if lib.XJS_IsError(r.tls, r.ctx, v) == 0 && e.Message == "" {
		return &Exception{Message: r.inspect(v)}
	}
	e.Stack = withoutHead(r.property(v, lib.EJS_ATOM_stack), e.Error())
	e.Frames = parseStack(e.Stack)
	if causes > 0 {
		e.Cause = r.cause(v, causes-1)
		e.Errors, e.More = r.errors(v, min(causes-1, 1))
	}
	return e
}

// errors reads the array errors, which an AggregateError has.
func (r *Runtime) errors(v raw, causes int) (errs []*Exception, more int) {
	list := lib.XGetProperty(r.tls, r.ctx, v, lib.EJS_ATOM_errors)
	defer lib.XFreeValue(r.tls, r.ctx, list)
	isArray := int32(0)
	if tag(list) == lib.EJS_TAG_OBJECT {
		isArray = lib.XJS_IsArray(r.tls, r.ctx, list)
	}
	if isArray <= 0 {
		if tag(list) == lib.EJS_TAG_EXCEPTION || isArray < 0 { // a getter of the script, or a proxy
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

// length returns the length of an array, 0 if it cannot be read.
func (r *Runtime) length(array raw) int {
	n := lib.XGetProperty(r.tls, r.ctx, array, lib.EJS_ATOM_length)
	defer lib.XFreeValue(r.tls, r.ctx, n)
	switch tag(n) {
	case lib.EJS_TAG_EXCEPTION:
		r.dropException()
	case lib.EJS_TAG_INT, lib.EJS_TAG_FLOAT64:
		if length := rawFloat(n); length > 0 { // a proxy may have any
			return int(min(length, math.MaxUint32))
		}
	}
	return 0
}

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

// property reads a property that is a string; everything else gives "".
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

func (r *Runtime) dropException() {
	lib.XFreeValue(r.tls, r.ctx, lib.XJS_GetException(r.tls, r.ctx))
}

// primitive writes strings as they are.
func (r *Runtime) primitive(v raw) string {
	if tag(v) == lib.EJS_TAG_STRING || tag(v) == lib.EJS_TAG_STRING_ROPE {
		s, err := r.text(v)
		if err == nil {
			return clip(s)
		}
	}
	return r.inspect(v)
}

// inspect writes any value the way a console does, without running script.
func (r *Runtime) inspect(v raw) string {
	r.printed = r.printed[:0]
	lib.XJS_PrintValue(r.tls, r.ctx, pointerTo(appendPrinted), 0, v, 0)
	return clip(strings.ToValidUTF8(string(r.printed), "\uFFFD"))
}

func appendPrinted(tls *libc.TLS, _, p uintptr, n lib.Tsize_t) {
	r := runtimeOf(tls)
	if len(r.printed) < maxErrorText {
		r.printed = append(r.printed, memory[byte](p, int(n))...)
	}
}

// clip keeps a text within maxErrorText without cutting a character in two.
func clip(s string) string {
	if len(s) <= maxErrorText {
		return s
	}
	return strings.ToValidUTF8(s[:maxErrorText], "") + " ..."
}
