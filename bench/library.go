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
	command func(w workshop, to netip.AddrPort, v variant) []string
}

// libraries are all there are, in the order of the table.
var libraries = []library{
	{"linger", "all", "Linger", oursBuild, ours("linger")},
	{"linger-lending", "all", "Linger, payloads lent", oursBuild, ours("linger-lending")},
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
	return choose(names, slices.Concat(libraries, proxies), func(l library) (string, string) { return l.name, l.groups })
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

// variant is what a server is started for; without a field, for an echo.
type variant struct{ fanout, deflate bool }

// mode is the argument of the servers that take one.
func (v variant) mode() []string {
	switch {
	case v.fanout:
		return []string{"fanout"}
	case v.deflate:
		return []string{"deflate"}
	}
	return nil
}

// flags are the arguments of the servers in Go.
func (v variant) flags(to netip.AddrPort) []string {
	all := []string{"-addr=" + to.String()}
	for _, mode := range v.mode() {
		all = append(all, "-"+mode)
	}
	return all
}

func floorServer(w workshop, to netip.AddrPort, v variant) []string {
	return append([]string{w.binary("floor"), port(to)}, v.mode()...)
}

func ours(lib string) func(workshop, netip.AddrPort, variant) []string {
	return func(w workshop, to netip.AddrPort, v variant) []string {
		return append([]string{w.binary("server"), "-lib=" + lib}, v.flags(to)...)
	}
}

func peer(name string) func(workshop, netip.AddrPort, variant) []string {
	return func(w workshop, to netip.AddrPort, v variant) []string {
		return append([]string{w.binary(name)}, v.flags(to)...)
	}
}

func bunServer(w workshop, to netip.AddrPort, v variant) []string {
	return append([]string{w.bun(), filepath.Join(w.npm(), "bun.mjs"), port(to)}, v.mode()...)
}

func nodeServer(handler string) func(workshop, netip.AddrPort, variant) []string {
	return func(w workshop, to netip.AddrPort, v variant) []string {
		line := append([]string{"node", filepath.Join(w.npm(), "ws.mjs"), port(to)}, v.mode()...)
		if handler != "" && v == (variant{}) {
			line = append(line, handler)
		}
		return line
	}
}

func script(name string) func(workshop, netip.AddrPort, variant) []string {
	return func(w workshop, to netip.AddrPort, v variant) []string {
		file := filepath.Join(w.root, "bench", "testdata", name)
		if v.fanout {
			file = filepath.Join(filepath.Dir(file), "fanout.js")
		}
		return []string{w.binary("linger"), "run", "--listen=" + to.String(), file}
	}
}
