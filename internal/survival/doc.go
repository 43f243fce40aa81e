// Package survival has the test of what Linger is for: connections with traffic both
// ways whose code is reloaded, loops for ever, runs out of memory and sleeps.
//
//	go test ./internal/survival                                              # seconds
//	go test ./internal/survival -survival=long -timeout 30m -count=1 -v      # make soak
package survival
