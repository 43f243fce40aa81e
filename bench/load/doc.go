// Package load is a WebSocket client that costs little: one thread, one epoll, frames
// that were masked before, and answers of which it knows the bytes. It puts a server
// under a [Work] and tells what that cost the server.
//
// It runs on Linux only, and expects a process of its own: it locks its thread, makes
// system calls without telling Go's scheduler, and leaves the garbage where it is.
package load
