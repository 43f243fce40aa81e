//go:build !unix

package main

import "os"

// hangups returns nothing: there is no signal for it.
func hangups() (signals <-chan os.Signal, stop func()) { return nil, func() {} }
