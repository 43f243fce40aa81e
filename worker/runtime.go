package worker

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/lingerws/linger/worker/internal/bundle"
	"github.com/lingerws/linger/worker/internal/embedded"
	"github.com/lingerws/linger/worker/internal/process"
	"github.com/lingerws/linger/worker/internal/script"
)

// Runtime selects what runs the JavaScript of an application. The zero value is the engine that is part of Linger, in this
// process.
type Runtime struct {
	// Name is "node", "bun" or "deno"; "" or "embedded" is the engine that is part of Linger. The others run in child
	// processes, one for each worker.
	Name string

	// Path is the executable; "" means the one that is found in PATH.
	Path string

	// Args are arguments for the executable.
	Args []string

	// Process runs the engine that is part of Linger in child processes. The program must call [RunChild] first.
	Process bool

	// Inspect is the address at which the runtime accepts a debugger, such as 127.0.0.1:9229; "" for none. The port of
	// each further worker is one higher. Every second version, after a reload, has the ports after these. Time limits of events do not
	// apply, because a breakpoint is not a hang.
	Inspect string
}

// Version returns the version of the runtime, such as "20.19.0". The error says how to install the runtime if there is none that
// can be used.
func (r Runtime) Version() (string, error) {
	if r.target() == bundle.Embedded {
		return EngineVersion, nil
	}
	found, err := process.Find(r.Name, r.Path)
	return found.Version, err
}

// inProcess reports whether the application runs in this process.
func (r *Runtime) inProcess() bool { return (r.Name == "" || r.Name == "embedded") && !r.Process }

// target returns what the application is bundled for.
func (r *Runtime) target() bundle.Target {
	if r.Name == "embedded" {
		return bundle.Embedded
	}
	return bundle.Target(r.Name)
}

// inspectedTimeout is the event timeout of an application with a debugger, so that a process at a breakpoint does not count as hanging.
const inspectedTimeout = 365 * 24 * time.Hour

// defaultMemory returns the default of Options.Memory.
func (r *Runtime) defaultMemory() int64 {
	if r.target() == bundle.Embedded {
		return defaultMemory
	}
	return defaultRuntimeMemory
}

// headroom is the memory of a child in addition to the heap of the application.
const headroom = 256 << 20

// scriptName is the name of the file with the code that runs the application in a child.
const scriptName = "linger-worker.mjs"

// children starts the child processes of an application.
type children struct {
	app    *App
	path   string // the executable
	folder *bundle.Folder
	script string // the path of the code that runs the application in a child
}

// newLaunch returns the function that makes the runtimes of an application.
func (a *App) newLaunch() (script.Launch, error) {
	if a.opts.Runtime.inProcess() {
		return embedded.New(prelude), nil
	}
	if a.opts.Runtime.target() == bundle.Embedded {
		return a.isolated()
	}
	found, err := process.Find(a.opts.Runtime.Name, a.opts.Runtime.Path)
	if err != nil {
		return nil, &LoadError{Problems: []Problem{{Text: err.Error()}}}
	}
	code, err := process.Script(scriptModules())
	if err != nil {
		return nil, err
	}
	c := &children{app: a, path: found.Path}
	if c.folder, err = bundle.NewFolder(); err != nil {
		return nil, err
	}
	c.script = filepath.Join(c.folder.Path(), scriptName)
	if err := os.WriteFile(c.script, []byte(code), 0o600); err != nil {
		return nil, errors.Join(err, c.folder.Close())
	}
	a.children = c
	return process.New(c.options), nil
}

// options returns the options for the child of an instance.
func (c *children) options(host script.Host) process.Options {
	h := host.(*hostAPI) //nolint:forcetypeassert // a worker passes no other Host
	return process.Options{
		Path: c.path, Args: c.args(h), Env: h.generation.environment(),
		Memory: h.generation.opts.Memory + headroom,
		Print:  h.printOutput, Dropped: h.reportDropped,
	}
}

// args returns the arguments of the child of an instance.
func (c *children) args(h *hostAPI) []string {
	r := c.app.opts.Runtime
	offset := h.worker.index + (h.generation.number-1)%2*c.app.opts.Workers // the children of the last version may still have their ports
	return process.Arguments(r.Name, c.script, h.generation.opts.Memory, inspectAddress(r.Inspect, offset), h.generation.bundle.Installed, r.Args)
}

// inspectAddress returns the address whose port is higher than that of first by offset, "" if first is "". The port 0, which stands
// for a free one, remains.
func inspectAddress(first string, offset int) string {
	host, port, err := net.SplitHostPort(first)
	n, failed := strconv.Atoi(port)
	if err != nil || failed != nil || n == 0 {
		return first
	}
	return net.JoinHostPort(host, strconv.Itoa(n+offset))
}

// environment returns the environment of the children: that of this process, NODE_ENV unless it has it, and the variables of the
// application as text, which the embedded engine has in process.env too.
func (c *configuration) environment() []string {
	all := os.Environ()
	if _, ok := os.LookupEnv(modeVariable); !ok {
		mode := "production"
		if c.opts.Development {
			mode = "development"
		}
		all = append(all, modeVariable+"="+mode)
	}
	for name, value := range c.opts.Vars {
		text, ok := value.(string)
		if !ok {
			encoded, _ := json.Marshal(value) // Load has checked it
			text = string(encoded)
		}
		if name != modeVariable && !strings.ContainsAny(name, "=\x00") && !strings.Contains(text, "\x00") { // not possible in an environment
			all = append(all, name+"="+text)
		}
	}
	return all
}

// modeVariable is the variable by which packages select their mode.
const modeVariable = "NODE_ENV"

// printOutput prints a line of the output of a child. Any goroutine may call it.
func (h *hostAPI) printOutput(stderr bool, line string) {
	level := slog.LevelInfo
	if stderr {
		level = slog.LevelWarn
	}
	if line = h.generation.withNames(line); isOwnFrame(line) {
		return
	}
	if h.app.opts.Workers > 1 {
		line = "[worker " + strconv.Itoa(h.worker.index) + "] " + line
	}
	h.Console(level, line)
}

// withNames returns a line of the output of a child, such as one of a stack, with the name of the bundle in the place of its file.
func (g *generation) withNames(line string) string {
	if !strings.Contains(line, g.file) {
		return line
	}
	return strings.ReplaceAll(strings.ReplaceAll(line, "file://"+g.file, bundle.Name), g.file, bundle.Name)
}

// ownFrame matches a line of a stack that is about the code of a child in Linger, by its name or its file.
var ownFrame = regexp.MustCompile(`^ +at .*\b(linger:worker|` + scriptName + `):\d+:\d+\)?$`)

// isOwnFrame reports whether a line of output is a frame of Linger's own code.
func isOwnFrame(line string) bool { return strings.HasPrefix(line, " ") && ownFrame.MatchString(line) }

// reportDropped logs that output of a child was dropped. Any goroutine may call it.
func (h *hostAPI) reportDropped(lines int) {
	h.app.opts.Logger.Warn("output of the application was dropped, because it came faster than it could be printed", "worker", h.worker.index, "lines", lines)
}

// write writes the bundle of a generation to a file for the children, and removes those of earlier generations, except for the one
// in use. It has no effect on nil.
func (c *children) write(g *generation) (err error) {
	if c == nil {
		return nil
	}
	var used []string
	if last := c.app.generation.Load(); last != nil {
		used = append(used, last.file)
	}
	g.file, err = c.folder.Write(g.bundle, used...)
	return err
}

// remove removes the files for the children. It has no effect on nil.
func (c *children) remove() {
	if c != nil {
		_ = c.folder.Close() // what is left is removed at the next start
	}
}
