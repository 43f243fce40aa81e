// Package survival has the test of what Linger is for: connections with traffic both
// ways, whose code is reloaded, crashes and sleeps meanwhile.
//
//	go test ./internal/survival                                        # seconds
//	go test ./internal/survival -survival=long -timeout 30m -v         # `make soak`
package survival
