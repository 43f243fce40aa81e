// Package interop tests Linger with other implementations of WebSocket, in both roles: Go libraries in the same process,
// and Node and Bun in separate processes. README.md lists what both ends report about closing handshakes.
//
// It is a separate module, so that the library does not depend on the other implementations.
package interop
