// Package memconn gives tests pairs of connections that behave like TCP and live in memory: buffered, with
// deadlines, half close, reset and write pressure. Everything that waits in it waits on the memory of its own pair,
// so in a bubble of testing/synctest the fake clock goes on, and two goroutines that wait for each other are found.
//
// It is harsher than the network in one point, so that no test passes by luck: a reset destroys at once everything
// the other side has not read yet. A real network may or may not have delivered it before.
package memconn
