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

// listed is a package as go list prints it.
type listed struct {
	ImportPath string
	Dir        string
	Standard   bool
	Module     *struct{ Path string }
	Imports    []string

	GoFiles, CgoFiles, IgnoredGoFiles, TestGoFiles, XTestGoFiles []string
}

// inModule reports whether p is a package of this module.
func (p listed) inModule() bool { return p.Module != nil && p.Module.Path == module }

// folder returns the folder of the package in the repository.
func (p listed) folder() string {
	return path.Clean(strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/"))
}

// layerOf returns the nearest folder, upwards from the given one, that has a layer. It
// returns an empty string if none has.
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

// objection returns the reason why p must not import the package imported, or an empty
// string if it may.
func objection(p, imported listed) string {
	from := layerOf(p.folder())
	rule := layers[from]
	switch {
	case from == "":
		return "the folder has no layer; add one in internal/repo/deps_test.go and docs/dev/architecture.md"
	case imported.inModule():
		if to := layerOf(imported.folder()); to != from && !slices.Contains(rule.folders, to) {
			return rule.why
		}
	case slices.Contains(rule.allowed, imported.ImportPath):
	case imported.Standard:
		for _, name := range rule.denied {
			if imported.ImportPath == name || strings.HasPrefix(imported.ImportPath, name+"/") {
				return rule.why
			}
		}
	case imported.Module != nil && !slices.Contains(rule.modules, imported.Module.Path):
		return rule.why + "; each outside module belongs to one folder, which docs/dev/dependencies.md names"
	}
	return ""
}

// TestImports checks the imports of each package against its layer.
func TestImports(t *testing.T) {
	packages := listPackages(t)
	for _, p := range packages {
		if !p.inModule() {
			continue
		}
		for _, name := range p.Imports {
			if why := objection(p, packages[name]); why != "" {
				t.Errorf("%s must not import %s: %s", p.folder(), name, why)
			}
		}
	}
}

// sharedModules are the outside modules that several folders import, each with the reason.
var sharedModules = map[string]string{
	"golang.org/x/sys": "connections and processes need system calls that the standard library does not have",
	"modernc.org/libc": "C code that is translated to Go, of the JavaScript engine and of SQLite, is called with its types",
}

// TestModules checks that each outside module belongs to one folder and those below it.
func TestModules(t *testing.T) {
	place := map[string]string{}
	for _, folder := range slices.Sorted(maps.Keys(layers)) { // each folder before those below it
		for _, name := range layers[folder].modules {
			other, taken := place[name]
			switch {
			case sharedModules[name] != "":
			case !taken:
				place[name] = folder
			case !strings.HasPrefix(folder, other+"/"):
				t.Errorf("%s must belong to one folder and those below it, but both %s and %s have it", name, folder, other)
			}
		}
	}
}

func TestObjection(t *testing.T) {
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
			t.Errorf("objection to %s importing %s = %q, expected an objection: %v", c.from.folder(), c.to.ImportPath, got, c.forbidden)
		}
	}
}

// listPackages returns the packages of this module and their dependencies, by import path.
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
		t.Fatalf("go list: %v", err)
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
