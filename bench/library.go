//go:build linux

package main

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
)

// library is a WebSocket library to measure: how to build and start its server.
type library struct {
	name    string
	groups  string // the groups of -libs it belongs to, separated by commas
	label   string // in tables and plots
	build   step
	command func(w workspace, to netip.AddrPort, v variant) []string
}

// libraries lists all libraries in the order of the table.
var libraries = []library{
	{"linger", "all", "Linger", lingerBuild, lingerServer("linger")},
	{"linger-lending", "all", "Linger, payloads lent", lingerBuild, lingerServer("linger-lending")},
	{"linger-blocking", "all", "Linger, blocking driver", lingerBuild, lingerServer("linger-blocking")},
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

// choose returns the elements of all whose name, or one of whose groups, is in names, a
// list separated by commas. It keeps the order of all.
func choose[T any](names string, all []T, namesOf func(T) (name, groups string)) ([]T, error) {
	wanted := strings.Split(names, ",")
	found := map[string]bool{}
	var chosen []T
	var known []string
	for _, one := range all {
		name, groups := namesOf(one)
		matching := append(strings.Split(groups, ","), name)
		known = append(known, name)
		for _, n := range matching {
			found[n] = true
		}
		if slices.ContainsFunc(matching, func(n string) bool { return slices.Contains(wanted, n) }) {
			chosen = append(chosen, one)
		}
	}
	for _, name := range wanted {
		if !found[name] {
			return nil, fmt.Errorf("unknown name %q: expected all or some of %s", name, strings.Join(known, ", "))
		}
	}
	return chosen, nil
}

func port(to netip.AddrPort) string { return fmt.Sprint(to.Port()) }

// variant selects what a server does. The zero variant echoes.
type variant struct{ fanout, deflate bool }

// mode returns the arguments that select v in servers with a mode argument: none or one.
func (v variant) mode() []string {
	switch {
	case v.fanout:
		return []string{"fanout"}
	case v.deflate:
		return []string{"deflate"}
	}
	return nil
}

// flags returns the arguments that select the address and v in the servers written in Go.
func (v variant) flags(to netip.AddrPort) []string {
	all := []string{"-addr=" + to.String()}
	for _, mode := range v.mode() {
		all = append(all, "-"+mode)
	}
	return all
}

func floorServer(w workspace, to netip.AddrPort, v variant) []string {
	return append([]string{w.binary("floor"), port(to)}, v.mode()...)
}

func lingerServer(lib string) func(workspace, netip.AddrPort, variant) []string {
	return func(w workspace, to netip.AddrPort, v variant) []string {
		return append([]string{w.binary("server"), "-lib=" + lib}, v.flags(to)...)
	}
}

func peer(name string) func(workspace, netip.AddrPort, variant) []string {
	return func(w workspace, to netip.AddrPort, v variant) []string {
		return append([]string{w.binary(name)}, v.flags(to)...)
	}
}

func bunServer(w workspace, to netip.AddrPort, v variant) []string {
	return append([]string{w.bun(), filepath.Join(w.npm(), "bun.mjs"), port(to)}, v.mode()...)
}

func nodeServer(handler string) func(workspace, netip.AddrPort, variant) []string {
	return func(w workspace, to netip.AddrPort, v variant) []string {
		line := append([]string{"node", filepath.Join(w.npm(), "ws.mjs"), port(to)}, v.mode()...)
		if handler != "" && v == (variant{}) {
			line = append(line, handler)
		}
		return line
	}
}

func script(name string) func(workspace, netip.AddrPort, variant) []string {
	return func(w workspace, to netip.AddrPort, v variant) []string {
		file := filepath.Join(w.root, "bench", "testdata", name)
		if v.fanout {
			file = filepath.Join(filepath.Dir(file), "fanout.js")
		}
		return []string{w.binary("linger"), "run", "--listen=" + to.String(), file}
	}
}
