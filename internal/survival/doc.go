// Package survival tests that connections with continuous traffic survive what happens to
// their application: reloads, endless loops, lack of memory and sleep, and to child processes
// also signals, crashes and floods of output; and that what Durable Objects have acknowledged
// is stored, also when the whole process is killed.
//
//	go test ./internal/survival                                              # a minute
//	go test ./internal/survival -run=Children -runtimes=node,bun,deno,process
//	go test ./internal/survival -io=readiness                                # or ring, blocking; the default is auto
//	go test ./internal/survival -survival=long -timeout 30m -count=1 -v      # make soak, with all runtimes
package survival
