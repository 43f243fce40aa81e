// Package hooks joins optional functions, for structs of functions that observe something, such as linger.Trace.
package hooks

// Join returns the traces as one that calls all of them, in order, made by then. Those that are nil are left out; the result is nil if
// all are.
func Join[T any](then func(first, next *T) *T, traces ...*T) *T {
	var joined *T
	for _, t := range traces {
		switch {
		case t == nil:
		case joined == nil:
			joined = t
		default:
			joined = then(joined, t)
		}
	}
	return joined
}

// Both returns a function that calls first and then next. If one is nil, it returns the other.
func Both[A any](first, next func(A)) func(A) {
	if first == nil {
		return next
	}
	if next == nil {
		return first
	}
	return func(a A) { first(a); next(a) }
}

// Both2 is [Both] for functions of two arguments.
func Both2[A, B any](first, next func(A, B)) func(A, B) {
	if first == nil {
		return next
	}
	if next == nil {
		return first
	}
	return func(a A, b B) { first(a, b); next(a, b) }
}

// Both3 is [Both] for functions of three arguments.
func Both3[A, B, C any](first, next func(A, B, C)) func(A, B, C) {
	if first == nil {
		return next
	}
	if next == nil {
		return first
	}
	return func(a A, b B, c C) { first(a, b, c); next(a, b, c) }
}

// Both4 is [Both] for functions of four arguments.
func Both4[A, B, C, D any](first, next func(A, B, C, D)) func(A, B, C, D) {
	if first == nil {
		return next
	}
	if next == nil {
		return first
	}
	return func(a A, b B, c C, d D) { first(a, b, c, d); next(a, b, c, d) }
}
