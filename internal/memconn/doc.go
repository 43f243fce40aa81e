// Package memconn provides pairs of connections in memory for tests. They behave like TCP: they are buffered and have
// deadlines, FIN, RST and limited buffers. Goroutines that wait block durably in the sense of testing/synctest, so in a
// bubble the fake clock advances and deadlocks are detected.
//
// It differs from a network in one point: a reset immediately destroys everything that the peer has not read. On a
// network the data may or may not have been delivered before.
package memconn
