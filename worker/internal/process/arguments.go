package process

import (
	"slices"
	"strconv"
	"strings"
)

// Arguments returns the arguments with which a runtime runs a script. memory is the limit of the heap in bytes, inspect is the
// address for a debugger or "", and args are further arguments of the runtime. installed means that the application loads packages
// from a folder node_modules, which need not be that of the working directory.
func Arguments(name, script string, memory int64, inspect string, installed bool, args []string) []string {
	heap := "--max-old-space-size=" + strconv.FormatInt(max(memory>>20, 1), 10)
	var all []string
	switch name {
	case "node":
		all = []string{heap}
	case "deno":
		all = []string{"run", "--allow-all", "--no-prompt", "--v8-flags=" + heap}
		if installed && !hasFlag(args, "--node-modules-dir") {
			all = append(all, "--node-modules-dir=manual")
		}
	case "bun":
		all = []string{"--no-install", "run"} // otherwise a package that is missing would be downloaded
	}
	switch {
	case inspect != "":
		all = append(all, "--inspect="+inspect)
	case name == "node":
		all = append(all, closedInspector...)
	}
	return append(append(all, args...), script)
}

// hasFlag reports whether a flag is among the arguments of a runtime, alone or with a value.
func hasFlag(args []string, flag string) bool {
	return slices.ContainsFunc(args, func(arg string) bool { return arg == flag || strings.HasPrefix(arg, flag+"=") })
}
