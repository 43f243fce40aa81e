package process

import "strconv"

// Arguments returns the arguments with which a runtime runs a script. memory is the limit of the heap in bytes, inspect is the
// address for a debugger or "", and args are further arguments of the runtime.
func Arguments(name, script string, memory int64, inspect string, args []string) []string {
	heap := "--max-old-space-size=" + strconv.FormatInt(max(memory>>20, 1), 10)
	var all []string
	switch name {
	case "node":
		all = []string{heap}
	case "deno":
		all = []string{"run", "--allow-all", "--no-prompt", "--v8-flags=" + heap}
	case "bun":
		all = []string{"run"}
	}
	switch {
	case inspect != "":
		all = append(all, "--inspect="+inspect)
	case name == "node":
		all = append(all, closedInspector...)
	}
	return append(append(all, args...), script)
}
