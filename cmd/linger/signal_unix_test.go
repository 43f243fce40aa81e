//go:build unix

package main

import "syscall"

// signalUSR2 asks for an upgrade.
const signalUSR2 = syscall.SIGUSR2
