package main

import (
	"os"
	"syscall"
)

// duplicateTo makes a descriptor refer to a file. It stays open in child processes, as the standard streams do.
func duplicateTo(file *os.File, fd int) error {
	conn, err := file.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	if err := conn.Control(func(from uintptr) { failed = syscall.Dup3(int(from), fd, 0) }); err != nil {
		return err
	}
	return os.NewSyscallError("dup3", failed)
}
