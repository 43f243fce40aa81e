package main

import "syscall"

// signalUSR2 does not exist on this system.
const signalUSR2 = syscall.SIGHUP
