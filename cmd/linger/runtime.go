package main

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/lingerws/linger/worker"
)

// runtimeFlags are the flags that select what runs the application's JavaScript.
type runtimeFlags struct {
	Runtime     runtimeName `placeholder:"NAME" help:"What runs the application: embedded, the engine that is part of Linger, or node, bun or deno, which must be installed and run in a child process for each worker. Default: embedded."`
	RuntimePath string      `placeholder:"FILE" help:"Executable of the runtime. Default: the one in PATH."`
	RuntimeArg  []string    `placeholder:"ARG" sep:"none" help:"Argument for the runtime, such as --runtime-arg=--trace-deprecation. May be repeated."`
	Isolation   isolation   `placeholder:"KIND" help:"Where the embedded engine runs: none, in the process of Linger, or process, in a child process for each worker, whose end closes no connection. Default: process; on Windows, none."`
	Inspect     inspector   `help:"Open the inspector of Node, Bun or Deno for a debugger, at 127.0.0.1:9229 or with --inspect=HOST:PORT; each further worker has the next port. A program that can connect controls the application. Time limits of events do not apply."`
}

// runtimeName is the name of a runtime, as a flag or in TOML; "" means the default.
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

// UnmarshalTOML implements toml.Unmarshaler.
func (n *runtimeName) UnmarshalTOML(value any) error {
	return unmarshalTOMLText(n.UnmarshalText, value)
}

// isolation is where the embedded engine runs, as a flag or in TOML; "" means the default.
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

// UnmarshalTOML implements toml.Unmarshaler.
func (i *isolation) UnmarshalTOML(value any) error { return unmarshalTOMLText(i.UnmarshalText, value) }

// unmarshalTOMLText calls unmarshal with a TOML value that must be a string.
func unmarshalTOMLText(unmarshal func([]byte) error, value any) error {
	text, ok := value.(string)
	if !ok {
		return typeError("a string", value)
	}
	return unmarshal([]byte(text))
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

// applyConfig fills in what the command line leaves open from a configuration file in folder.
func (f *runtimeFlags) applyConfig(file config, folder string) {
	if f.Runtime == "" {
		f.Runtime = file.Runtime
		if f.RuntimePath == "" {
			f.RuntimePath = pathOfExecutable(string(file.RuntimePath), folder)
		}
		f.RuntimeArg = slices.Concat(file.RuntimeArgs, f.RuntimeArg)
	}
	if f.Isolation == "" && (f.Runtime == "" || f.Runtime == embedded) {
		f.Isolation = file.Isolation
	}
}

// isolation returns where the embedded engine runs. By default, that is a child process where the system has them.
func (f *runtimeFlags) isolation() isolation {
	if f.Isolation == "" && runtime.GOOS != "windows" {
		return isolationProcess
	}
	return f.Isolation
}

// pathOfExecutable returns the path of an executable in a configuration file in folder. A name without a folder is one in PATH.
func pathOfExecutable(name, folder string) string {
	if !strings.ContainsRune(filepath.ToSlash(name), '/') || filepath.IsAbs(name) {
		return name
	}
	path := filepath.Join(folder, filepath.FromSlash(name))
	if filepath.Base(path) == path {
		return "." + string(filepath.Separator) + path
	}
	return path
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
