// Package uring carries out many socket operations with one system call, through an io_uring of Linux. It is a binding of the
// few parts of io_uring that this takes: every operation has completed when the call returns, so that nothing is pending in the
// kernel and buffers are used no longer than with send(2) and recv(2).
package uring
