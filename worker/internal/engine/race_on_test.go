//go:build race

package engine

// raceEnabled shortens long tests, because the race detector makes the engine many times slower.
const raceEnabled = true
