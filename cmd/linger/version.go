package main

import (
	"fmt"
	"runtime/debug"
)

type versionCommand struct{}

// Run prints the module's version as the Go tool recorded it.
func (versionCommand) Run(out *streams) error { //nolint:unparam // kong calls methods of this form
	version := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		version = info.Main.Version
	}
	fmt.Fprintln(out.out, "linger", version)
	return nil
}
