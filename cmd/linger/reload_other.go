//go:build !unix

package main

import "os"

// notifyReload does nothing: there is no signal for it.
func notifyReload(chan<- os.Signal) {}
