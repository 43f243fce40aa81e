//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
)

// library is one that is measured: how its server is built and started. Paths are those
// of a [workshop].
type library struct {
	name    string
	label   string // of tables and plots
	build   step
	command func(w workshop, to netip.AddrPort, fanout bool) []string
}

// libraries are all there are, in the order of the table.
var libraries = []library{
	{"floor", "floor: C, epoll, no checks", floorBuild, floorServer},
	{"linger", "Linger", oursBuild, ours("linger")},
	{"linger-blocking", "Linger, blocking driver", oursBuild, ours("linger-blocking")},
	{"bun", "Bun", npmBuild, bunServer},
	{"gws", "gws", peerBuild("gws"), peer("gws")},
	{"gorilla", "gorilla", peerBuild("gorilla"), peer("gorilla")},
	{"coder", "coder", peerBuild("coder"), peer("coder")},
	{"gobwas", "gobwas", peerBuild("gobwas"), peer("gobwas")},
	{"ws", "Node ws", npmBuild, nodeServer("")},
	{"worker", "Linger, JavaScript worker", commandBuild, script("echo.js")},
	{"worker-async", "Linger, JavaScript worker, async handler", commandBuild, script("async.js")},
	{"ws-async", "Node ws, async handler", npmBuild, nodeServer("async")},
}

// chooseLibraries finds those with the names of a list; "all" are all but the async ones,
// which are for the comparison of workers.
func chooseLibraries(names string) ([]library, error) {
	return choose(names, libraries, func(l library) string { return l.name },
		func(l library) bool { return !strings.HasSuffix(l.name, "-async") })
}

// choose finds by name, in the order of all.
func choose[T any](names string, all []T, name func(T) string, usual func(T) bool) ([]T, error) {
	wanted := strings.Split(names, ",")
	var chosen []T
	var known []string
	for _, one := range all {
		known = append(known, name(one))
		if at := slices.Index(wanted, name(one)); at >= 0 {
			wanted = slices.Delete(wanted, at, at+1)
			chosen = append(chosen, one)
		} else if names == "all" && usual(one) {
			chosen = append(chosen, one)
		}
	}
	if len(wanted) > 0 && names != "all" {
		return nil, fmt.Errorf("there is no %q; there are all and %s", wanted[0], strings.Join(known, ", "))
	}
	return chosen, nil
}

func port(to netip.AddrPort) string { return fmt.Sprint(to.Port()) }

func mode(fanout bool) []string {
	if fanout {
		return []string{"fanout"}
	}
	return nil
}

func flags(to netip.AddrPort, fanout bool) []string {
	return []string{"-addr=" + to.String(), fmt.Sprintf("-fanout=%v", fanout)}
}

func floorServer(w workshop, to netip.AddrPort, fanout bool) []string {
	return append([]string{w.binary("floor"), port(to)}, mode(fanout)...)
}

func ours(lib string) func(workshop, netip.AddrPort, bool) []string {
	return func(w workshop, to netip.AddrPort, fanout bool) []string {
		return append([]string{w.binary("server"), "-lib=" + lib}, flags(to, fanout)...)
	}
}

func peer(name string) func(workshop, netip.AddrPort, bool) []string {
	return func(w workshop, to netip.AddrPort, fanout bool) []string {
		return append([]string{w.binary(name)}, flags(to, fanout)...)
	}
}

func bunServer(w workshop, to netip.AddrPort, fanout bool) []string {
	folder := w.npm()
	bun := filepath.Join(folder, "node_modules", "bun", "bin", "bun.exe") // its name on every system
	return append([]string{bun, filepath.Join(folder, "bun.mjs"), port(to)}, mode(fanout)...)
}

func nodeServer(handler string) func(workshop, netip.AddrPort, bool) []string {
	return func(w workshop, to netip.AddrPort, fanout bool) []string {
		line := append([]string{"node", filepath.Join(w.npm(), "ws.mjs"), port(to)}, mode(fanout)...)
		if handler != "" && !fanout {
			line = append(line, handler)
		}
		return line
	}
}

func script(name string) func(workshop, netip.AddrPort, bool) []string {
	return func(w workshop, to netip.AddrPort, fanout bool) []string {
		if fanout {
			name = "fanout.js"
		}
		return []string{w.binary("linger"), "run", "--listen=" + to.String(), filepath.Join(w.root, "bench", "testdata", name)}
	}
}
