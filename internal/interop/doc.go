// Package interop lets other implementations of WebSocket talk to ours, in both roles: libraries of Go in the same
// process, Node and Bun in processes of their own. README.md tells what each side reports of a closing handshake.
//
// It is a module of its own, so that the peers are no dependencies of the library.
package interop
