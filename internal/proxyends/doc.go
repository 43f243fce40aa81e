// Package proxyends has every way in which a connection through a proxy can end, and what
// each side has to see then. It plays both sides on real sockets, so that any proxy can be
// put between them.
package proxyends
