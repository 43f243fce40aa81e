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
	groups  string // names for several at once, with commas between them
	label   string // of tables and plots
	build   step
	command func(w workshop, to netip.AddrPort, fanout bool) []string
}

// libraries are all there are, in the order of the table.
var libraries = []library{
	{"linger", "all", "Linger", oursBuild, ours("linger")},
	{"linger-blocking", "all", "Linger, blocking driver", oursBuild, ours("linger-blocking")},
	{"worker", "all,workers", "Linger, JavaScript", commandBuild, script("echo.js")},
	{"worker-async", "workers", "Linger, JavaScript, async handler", commandBuild, script("async.js")},
	{"bun", "all", "Bun", npmBuild, bunServer},
	{"gws", "all", "gws", peerBuild("gws"), peer("gws")},
	{"gorilla", "all", "gorilla", peerBuild("gorilla"), peer("gorilla")},
	{"coder", "all", "coder", peerBuild("coder"), peer("coder")},
	{"gobwas", "all", "gobwas", peerBuild("gobwas"), peer("gobwas")},
	{"ws", "all,workers", "Node ws", npmBuild, nodeServer("")},
	{"ws-async", "workers", "Node ws, async handler", npmBuild, nodeServer("async")},
	{"floor", "all", "floor: C, no checks", floorBuild, floorServer},
}

func chooseLibraries(names string) ([]library, error) {
	return choose(names, libraries, func(l library) (string, string) { return l.name, l.groups })
}

// choose finds those that a list names, each or by a group of theirs, in the order of all.
func choose[T any](names string, all []T, called func(T) (name, groups string)) ([]T, error) {
	wanted := strings.Split(names, ",")
	found := map[string]bool{}
	var chosen []T
	var known []string
	for _, one := range all {
		name, groups := called(one)
		is := append(strings.Split(groups, ","), name)
		known = append(known, name)
		for _, n := range is {
			found[n] = true
		}
		if slices.ContainsFunc(is, func(n string) bool { return slices.Contains(wanted, n) }) {
			chosen = append(chosen, one)
		}
	}
	for _, name := range wanted {
		if !found[name] {
			return nil, fmt.Errorf("there is no %q; there are all and %s", name, strings.Join(known, ", "))
		}
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
	return append([]string{w.bun(), filepath.Join(w.npm(), "bun.mjs"), port(to)}, mode(fanout)...)
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
		file := filepath.Join(w.root, "bench", "testdata", name)
		if fanout {
			file = filepath.Join(filepath.Dir(file), "fanout.js")
		}
		return []string{w.binary("linger"), "run", "--listen=" + to.String(), file}
	}
}
