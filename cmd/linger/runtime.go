package main

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"slices"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/worker"
)

// runtimeFlags are the flags that select what runs the application's JavaScript.
type runtimeFlags struct {
	Runtime     runtimeName `default:"embedded" help:"What runs the application: embedded, the engine that is part of Linger, or node, bun or deno, which must be installed and run in a child process for each worker."`
	RuntimePath string      `placeholder:"FILE" belongs:"runtime" path:"executable" help:"Executable of the runtime. Default: the one in PATH."`
	RuntimeArg  []string    `placeholder:"ARG" sep:"none" aliases:"runtime-args" belongs:"runtime" merge:"last" help:"Argument for the runtime, such as --runtime-arg=--trace-deprecation. May be repeated."`
	Isolation   isolation   `placeholder:"KIND" belongs:"runtime" help:"Where the embedded engine runs: none, in the process of Linger, or process, in a child process for each worker, whose end closes no connection. Default: process; on Windows, none."`
	Inspect     inspector   `help:"Open the inspector of Node, Bun or Deno for a debugger, at 127.0.0.1:9229 or with --inspect=HOST:PORT; each further worker has the next port. A program that can connect controls the application. Time limits of events do not apply."`
}

// runtimeName is the name of a runtime, as a flag; "" means the default.
type runtimeName string

// embedded is the name of the engine that is part of Linger.
const embedded runtimeName = "embedded"

var runtimeNames = []runtimeName{embedded, "node", "bun", "deno"}

// UnmarshalText implements encoding.TextUnmarshaler.
func (n *runtimeName) UnmarshalText(text []byte) error {
	if !slices.Contains(runtimeNames, runtimeName(text)) {
		return fmt.Errorf("%q is not a runtime: expected embedded, node, bun or deno", text)
	}
	*n = runtimeName(text)
	return nil
}

// isolation is where the embedded engine runs, as a flag; "" means the default.
type isolation string

const (
	isolationNone    isolation = "none"
	isolationProcess isolation = "process"
)

// UnmarshalText implements encoding.TextUnmarshaler.
func (i *isolation) UnmarshalText(text []byte) error {
	if isolation(text) != isolationNone && isolation(text) != isolationProcess {
		return fmt.Errorf("%q is not a kind of isolation: expected none or process", text)
	}
	*i = isolation(text)
	return nil
}

// inspector is the address of the inspector; "" without one. As a flag it may have no value.
type inspector string

const (
	inspectorHost = "127.0.0.1"
	inspectorPort = "9229"
)

// IsBool implements kong.BoolMapperValue: the value is optional.
func (inspector) IsBool() bool { return true }

// Decode implements kong.MapperValue.
func (i *inspector) Decode(ctx *kong.DecodeContext) error {
	var text string
	if ctx.Scan.Peek().Type == kong.FlagValueToken {
		if err := ctx.Scan.PopValueInto("address", &text); err != nil {
			return err
		}
	}
	address, ok := inspectorAddress(text)
	if !ok {
		return fmt.Errorf("%q is not an address: expected a port such as 9229, or HOST:PORT", text)
	}
	*i = address
	return nil
}

// inspectorAddress returns the address for HOST:PORT, PORT or "".
func inspectorAddress(text string) (inspector, bool) {
	host, port, err := net.SplitHostPort(text)
	switch {
	case text == "":
		host, port = inspectorHost, inspectorPort
	case err != nil:
		host, port = inspectorHost, text
	case host == "":
		return "", false
	}
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 {
		return "", false
	}
	return inspector(net.JoinHostPort(host, port)), true
}

// isolation returns where the embedded engine runs. By default, that is a child process where the system has them.
func (f *runtimeFlags) isolation() isolation {
	if f.Isolation == "" && runtime.GOOS != "windows" {
		return isolationProcess
	}
	return f.Isolation
}

// errNotEmbedded and errNeedsRuntime are returned for flags that the runtime does not have.
var (
	errNotEmbedded  = errors.New("--isolation is for the embedded engine: node, bun and deno always run in child processes; remove it, or remove --runtime")
	errNeedsRuntime = errors.New("--inspect, --runtime-path and --runtime-arg are for other runtimes than the embedded engine: add --runtime=node, bun or deno")
)

// runtimeOption returns the flags as an option of package worker.
func (f *runtimeFlags) runtimeOption() (worker.Runtime, error) {
	r := worker.Runtime{Path: f.RuntimePath, Args: f.RuntimeArg, Inspect: string(f.Inspect)}
	if f.Runtime != embedded {
		r.Name = string(f.Runtime)
	}
	r.Process = r.Name == "" && f.isolation() == isolationProcess
	switch {
	case r.Name != "" && f.Isolation != "":
		return r, errNotEmbedded
	case r.Name == "" && (r.Path != "" || len(r.Args) > 0 || r.Inspect != ""):
		return r, errNeedsRuntime
	}
	return r, nil
}
