package repo_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/repo"
)

const module = "github.com/lingerws/linger"

// layer says what one folder, with all below it that has no entry of its own, may import. The standard library is
// free except for what is named. Tests may import what they need.
type layer struct {
	may     []string // folders of ours, beside its own
	modules []string // outside modules; each belongs to one folder and those below it
	not     []string // packages of the standard library, with all below them
	but     []string // packages among those that may be imported
	why     string   // told to whoever breaks it
}

var (
	inputAndOutput = []string{"context", "log", "net", "os", "sync", "time"}
	core           = []string{"protocol", "protocol/handshake", "protocol/deflate"}
)

// layers is the map of docs/dev/architecture.md.
var layers = map[string]layer{
	"protocol": {
		not: inputAndOutput,
		why: "the protocol is a pure state machine: bytes and orders in, events and bytes out; whoever drives it has the socket, the clock and the lock",
	},
	"protocol/handshake": {
		not: inputAndOutput, but: []string{"net/netip"}, // values only
		why: "the opening handshake is checks on header values; whoever drives it speaks HTTP",
	},
	"protocol/deflate": {
		may: []string{"protocol", "protocol/handshake"}, modules: []string{"github.com/klauspost/compress"},
		not: []string{"compress/flate", "context", "log", "net", "os", "time"}, // sync: its state is lent to all connections
		why: "compression works on the payloads of messages and knows one flate library",
	},
	"websocket/internal": {
		why: "helpers of one concern need the standard library only",
	},
	"websocket/internal/opening": {
		may: []string{"websocket/internal", "internal/httprule", "protocol", "protocol/handshake"},
		why: "a client's opening handshake ends with a transport and knows nothing of what runs on it",
	},
	"websocket/internal/accept": {
		may: []string{"websocket/internal", "protocol/handshake"}, modules: []string{"golang.org/x/sys"},
		why: "accepting a connection needs its descriptor and net/http; what runs on it is a driver's",
	},
	"websocket/internal/wiretest": {
		may: []string{"websocket/internal", "protocol", "internal/testclient"}, modules: []string{"golang.org/x/sys"},
		why: "the peer in tests of connections shares the frame header with them, and nothing else",
	},
	"websocket/driver": {
		may: append([]string{"websocket/internal", "websocket/internal/accept", "websocket/internal/opening", "internal/httprule", "internal/latch", "internal/race"}, core...), modules: []string{"golang.org/x/sys"},
		why: "the driver gives the protocol a transport and knows nothing of the events above it",
	},
	"websocket": {
		may:     append([]string{"websocket/driver", "websocket/internal", "websocket/internal/accept", "internal/latch", "internal/queue"}, core...),
		modules: []string{"golang.org/x/sys"}, // for the folders below
		why:     "the library is a Conn on a driver and knows nothing of the events above it",
	},
	".": {
		may: append([]string{"websocket", "websocket/driver", "internal/forwarding", "internal/ident", "internal/latch", "internal/pace", "internal/queue", "internal/race", "internal/rate"}, core...),
		why: "the runtime knows sockets and events; JavaScript is joined to it in worker and cmd",
	},
	"proxy": {
		may: append([]string{"websocket", "websocket/driver", "internal/forwarding", "internal/httprule", "internal/pace"}, core...),
		why: "a proxy joins two connections and needs no events",
	},
	"worker": {
		may: append([]string{
			".", "websocket/driver", "worker/internal/bundle", "worker/internal/egress", "worker/internal/embedded", "worker/internal/fetch", "worker/internal/script",
			"worker/internal/web/weburl", "internal/latch", "internal/netaddr", "internal/pace", "internal/queue", "internal/spelling",
		}, core...),
		why: "a worker supervises runtimes of scripts and reaches them through worker/internal/script; no value of a JavaScript engine is above it",
	},
	"worker/internal/bundle": {
		may: []string{"internal/spelling"}, modules: []string{"github.com/evanw/esbuild", "github.com/go-sourcemap/sourcemap"},
		why: "bundling reads files and makes a script of them; it knows neither engines nor events",
	},
	"worker/internal/egress": {
		may: []string{"internal/netaddr"},
		why: "rules about addresses need the network and nothing of a worker",
	},
	"worker/internal/engine": {
		modules: []string{"modernc.org/libquickjs", "modernc.org/libc", "modernc.org/memory"},
		why:     "the binding of the engine knows neither events nor sockets, so that the engine can be exchanged",
	},
	"worker/internal/fetch": {
		may: append([]string{
			"websocket/driver", "worker/internal/egress", "worker/internal/web/contentcoding", "worker/internal/web/textcodec", "worker/internal/web/weburl", "internal/httprule",
		}, core...),
		why: "requests of scripts are plain values; how a script gets the answer is for the worker",
	},
	"worker/internal/script": {
		may: append([]string{".", "worker/internal/fetch"}, core...),
		why: "what passes between a worker and a runtime of scripts is plain Go data, so that a runtime can be another process",
	},
	"worker/internal/embedded": {
		may: append([]string{
			".", "worker/internal/engine", "worker/internal/fetch", "worker/internal/script", "worker/internal/web", "worker/internal/web/textcodec",
		}, core...),
		why: "the embedded runtime joins the engine to the boundary in worker/internal/script; it knows neither workers nor generations",
	},
	"worker/internal/web": {
		may: []string{"worker/internal/bundle", "worker/internal/engine", "worker/internal/web/contentcoding", "worker/internal/web/textcodec", "worker/internal/web/weburl"},
		why: "the globals of the web platform are modules on the engine; they know neither events nor sockets",
	},
	"worker/internal/web/contentcoding": {
		why: "the codings of HTTP are bytes in and bytes out",
	},
	"worker/internal/web/textcodec": {
		why: "the encodings of text are bytes in and text out",
	},
	"worker/internal/web/weburl": {
		may: []string{"worker/internal/web/textcodec"}, modules: []string{"golang.org/x/net"},
		why: "URLs are text; scripts and their requests share them",
	},
	"cmd": {
		may:     append([]string{".", "websocket", "websocket/driver", "proxy", "worker", "internal/forwarding", "internal/netaddr", "internal/spelling"}, core...),
		modules: []string{"github.com/alecthomas/kong", "github.com/fsnotify/fsnotify", "github.com/BurntSushi/toml", "github.com/dustin/go-humanize"},
		why:     "the command joins the parts; what belongs to one of them stays there",
	},
	"internal": {
		why: "helpers of tests need the standard library only, so that every folder's tests can use them",
	},
	"internal/forwarding": {
		may: []string{"internal/netaddr"},
		why: "what proxies say of a request is read from its fields; servers and proxies share it",
	},
	"internal/httprule": {
		why: "the rules of HTTP are values and need net/http only; clients, servers and proxies share them",
	},
	"internal/ident": {
		why: "ids need random bytes and nothing else",
	},
	"internal/latch": {
		why: "waiting for a change of a guarded state needs nothing but a channel; every level shares it",
	},
	"internal/netaddr": {
		why: "the forms of addresses need net/netip only; what compares addresses shares them",
	},
	"internal/pace": {
		why: "pauses between calls need the clock and nothing else; servers, proxies and workers share them",
	},
	"internal/queue": {
		why: "a bounded queue needs nothing but memory; every level shares it",
	},
	"internal/race": {
		why: "whether the race detector is on is a constant; every level shares it",
	},
	"internal/rate": {
		why: "a rate limit needs the clock and nothing else",
	},
	"internal/spelling": {
		why: "a distance between words needs the standard library only",
	},
	"internal/proxyends": {
		may: []string{"protocol", "protocol/handshake"},
		why: "what both sides of a proxy do and see is frames, without any of the rules that are tested",
	},
	"internal/testclient": {
		may: []string{"protocol", "protocol/handshake"},
		why: "a client that tests programs is the protocol's other role and nothing else of theirs",
	},
	"bench": {
		may: []string{".", "websocket", "websocket/driver"},
		why: "the benchmark measures what users get; peers have a module of their own, bench/peers, so that they are no dependencies of ours",
	},
	"examples": {
		may: []string{".", "proxy", "websocket", "worker"},
		why: "examples use what users use",
	},
}

// listed is a package as go list prints it.
type listed struct {
	ImportPath string
	Dir        string
	Standard   bool
	Module     *struct{ Path string }
	Imports    []string

	GoFiles, CgoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
}

func (p listed) ours() bool { return p.Module != nil && p.Module.Path == module }

// folder returns the package's folder in the repository.
func (p listed) folder() string {
	return path.Clean(strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/"))
}

// layerOf returns the nearest folder with an entry in the map; empty if there is none.
func layerOf(folder string) string {
	for {
		if _, ok := layers[folder]; ok {
			return folder
		}
		parent := path.Dir(folder)
		if parent == "." {
			return ""
		}
		folder = parent
	}
}

// objection returns why the package may not import the other one; empty if it may.
func objection(p, imported listed) string {
	from := layerOf(p.folder())
	rule := layers[from]
	switch {
	case from == "":
		return "the folder has no place on the map; give it one in internal/repo/deps_test.go and docs/dev/architecture.md"
	case imported.ours():
		if to := layerOf(imported.folder()); to != from && !slices.Contains(rule.may, to) {
			return rule.why
		}
	case slices.Contains(rule.but, imported.ImportPath):
	case imported.Standard:
		for _, name := range rule.not {
			if imported.ImportPath == name || strings.HasPrefix(imported.ImportPath, name+"/") {
				return rule.why
			}
		}
	case imported.Module != nil && !slices.Contains(rule.modules, imported.Module.Path):
		return rule.why + "; each outside module is imported by one folder, which docs/dev/dependencies.md names"
	}
	return ""
}

func TestImportsGoDownwards(t *testing.T) {
	packages := listPackages(t)
	for _, p := range packages {
		if !p.ours() {
			continue
		}
		for _, name := range p.Imports {
			if why := objection(p, packages[name]); why != "" {
				t.Errorf("%s must not import %s: %s", p.folder(), name, why)
			}
		}
	}
}

func TestEachOutsideModuleHasOnePlace(t *testing.T) {
	place := map[string]string{}
	for _, folder := range slices.Sorted(maps.Keys(layers)) { // each folder before those below it
		for _, name := range layers[folder].modules {
			other, taken := place[name]
			switch {
			case !taken:
				place[name] = folder
			case !strings.HasPrefix(folder, other+"/"):
				t.Errorf("%s may be imported by one folder and those below it, but the map gives it to %s and to %s", name, folder, other)
			}
		}
	}
}

func TestForbiddenImportsAreFound(t *testing.T) {
	own := func(folder string) listed {
		return listed{ImportPath: path.Join(module, folder), Module: &struct{ Path string }{module}}
	}
	std := func(name string) listed { return listed{ImportPath: name, Standard: true} }
	outside := func(name string) listed { return listed{ImportPath: name, Module: &struct{ Path string }{name}} }
	for _, c := range []struct {
		from, to  listed
		forbidden bool
	}{
		{own("protocol"), std("net/http"), true},
		{own("protocol"), std("time"), true},
		{own("protocol"), std("errors"), false},
		{own("protocol/handshake"), own("protocol"), true},
		{own("protocol/handshake"), std("net"), true},
		{own("protocol/handshake"), std("net/netip"), false},
		{own("protocol"), own("protocol/deflate"), true},
		{own("protocol/anything"), std("log/slog"), true},
		{own("websocket"), own("protocol/handshake"), false},
		{own("websocket"), own("."), true},
		{own("websocket"), std("net"), false},
		{own("websocket"), own("websocket/driver"), false},
		{own("websocket"), own("websocket/internal/opening"), true},
		{own("websocket/driver"), own("websocket"), true},
		{own("websocket/driver"), own("websocket/internal/opening"), false},
		{own("websocket/internal/opening"), own("websocket/driver"), true},
		{own("websocket/internal/opening"), outside("golang.org/x/sys"), true},
		{own("websocket/internal/accept"), own("websocket/driver"), true},
		{own("."), own("worker"), true},
		{own("."), own("proxy"), true},
		{own("proxy"), own("."), true},
		{own("worker/internal/web"), own("worker/internal/engine"), false},
		{own("worker/internal/web"), own("."), true},
		{own("worker"), own("worker/internal/bundle"), false},
		{own("worker"), outside("github.com/evanw/esbuild"), true},
		{own("worker/internal/bundle"), outside("github.com/evanw/esbuild"), false},
		{own("worker/internal/web/weburl"), own("websocket"), true},
		{own("worker/internal/web/weburl"), outside("golang.org/x/net"), false},
		{own("worker"), own("worker/internal/web"), true},
		{own("worker"), own("worker/internal/engine"), true},
		{own("worker"), own("worker/internal/script"), false},
		{own("worker/internal/script"), own("worker/internal/engine"), true},
		{own("worker/internal/embedded"), own("worker/internal/engine"), false},
		{own("worker/internal/embedded"), own("worker"), true},
		{own("worker"), outside("golang.org/x/net"), true},
		{own("worker/internal/engine"), own("worker/internal/web"), true},
		{own("worker/internal/engine"), own("worker"), true},
		{own("worker"), outside("modernc.org/libquickjs"), true},
		{own("worker/internal/engine"), outside("modernc.org/libquickjs"), false},
		{own("."), outside("golang.org/x/sys"), true},
		{own("websocket"), own("internal/memconn"), true},
		{own("cmd/linger"), own("worker"), false},
		{own("util"), std("errors"), true},
	} {
		if got := objection(c.from, c.to); (got != "") != c.forbidden {
			t.Errorf("%s importing %s is forbidden: %v; the answer was %q", c.from.folder(), c.to.ImportPath, c.forbidden, got)
		}
	}
}

// listPackages returns our packages and all they are built from, by import path.
func listPackages(t *testing.T) map[string]listed {
	t.Helper()
	const fields = "ImportPath,Dir,Standard,Module,Imports,GoFiles,CgoFiles,IgnoredGoFiles,TestGoFiles,XTestGoFiles"
	list := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json="+fields, "./...")
	list.Dir = repo.Root
	output, err := list.Output()
	if err != nil {
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			t.Log(string(exit.Stderr))
		}
		t.Fatalf("go list must print what each package imports; it failed: %v", err)
	}
	packages := map[string]listed{}
	for decoder := json.NewDecoder(bytes.NewReader(output)); ; {
		var p listed
		switch err := decoder.Decode(&p); {
		case errors.Is(err, io.EOF):
			return packages
		case err != nil:
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
}
