// Package load is a load generator for WebSocket servers with little overhead: one thread,
// one epoll instance, frames that are masked in advance, and answers whose bytes are known.
// It applies a [Work] to a server and measures what that costs the server.
//
// It runs on Linux only, and should run in a separate process: it locks its thread, makes
// raw system calls, which Go's scheduler does not see, and disables garbage collection.
package load
