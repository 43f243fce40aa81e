package engine

import "modernc.org/libc"

// Interrupt ends what the script runs now, or would run next, with ErrInterrupted.
// It lasts until ClearInterrupt. Any goroutine may call it at any time, also twice
// and on a closed Runtime. The script cannot catch it; a host function that is
// running is not stopped, nor is a built-in in one long operation.
//
// The promise jobs of the turn are dropped: promises that wait for them never settle.
func (r *Runtime) Interrupt() { r.interrupted.Store(true) }

// ClearInterrupt lets turns begin again.
func (r *Runtime) ClearInterrupt() { r.interrupted.Store(false) }

// pollInterrupt is asked by the engine every few thousand steps, and within long
// regular expressions, whether to end the script.
func pollInterrupt(tls *libc.TLS, _, _ uintptr) int32 {
	if runtimeOf(tls).stopped() {
		return 1
	}
	return 0
}
