//go:build !race

package survival

const raceDetector = false
