// Package race reports whether the race detector is on, for checks that are too expensive without it and for tests that are
// too slow with it.
package race
