//go:build race

package engine

// raceEnabled makes the long tests shorter where the engine is many times slower.
const raceEnabled = true
