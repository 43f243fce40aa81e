// Package survival tests that connections with continuous traffic survive what happens to
// their application: reloads, endless loops, lack of memory and sleep; and that what
// Durable Objects have acknowledged is stored, also when the whole process is killed.
//
//	go test ./internal/survival                                              # seconds
//	go test ./internal/survival -survival=long -timeout 30m -count=1 -v      # make soak
package survival
