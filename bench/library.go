//go:build linux

package main

import (
	"cmp"
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
	{"linger-readiness", "all", "Linger, readiness driver", lingerBuild, lingerServer("linger-readiness")},
	{"linger-blocking", "all", "Linger, blocking driver", lingerBuild, lingerServer("linger-blocking")},
	{"worker", "all,workers", "Linger, JavaScript", commandBuild, script("--isolation=none")},
	{"worker-process", "workers", "Linger, engine in a child", commandBuild, script("--isolation=process")},
	{"worker-node", "workers", "Linger, Node", commandBuild, script("--runtime=node")},
	{"worker-bun", "workers", "Linger, Bun", withNPM(commandBuild), script("--runtime=bun", "--runtime-path={npm}/bun/bin/bun.exe")},
	{"worker-deno", "workers", "Linger, Deno", withNPM(commandBuild), script("--runtime=deno", "--runtime-path={npm}/deno/deno")},
	{"bun", "all", "Bun", npmBuild, bunServer},
	{"gws", "all", "gws", peerBuild("gws"), peer("gws")},
	{"gorilla", "all", "gorilla", peerBuild("gorilla"), peer("gorilla")},
	{"coder", "all", "coder", peerBuild("coder"), peer("coder")},
	{"gobwas", "all", "gobwas", peerBuild("gobwas"), peer("gobwas")},
	{"ws", "all,workers", "Node ws", npmBuild, nodeServer},
	{"floor", "all", "floor: C, no checks", floorBuild, floorServer("floor")},
	{"floor-uring", "all", "floor with io_uring", uringFloorBuild, floorServer("floor-uring")},
	{"floor-batch", "all", "floor with epoll and io_uring", uringFloorBuild, floorServer("floor-uring", "batch")},
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

// variant selects what a server does.
type variant string

const (
	variantEcho    variant = ""
	variantFanout  variant = "fanout"  // send a message to all connections
	variantDeflate variant = "deflate" // echo, with permessage-deflate
	variantAsync   variant = "async"   // echo, from an async function
	variantJSON    variant = "json"    // parse a message, and build another
)

// mode returns the arguments that select v in servers with a mode argument: none or one.
func (v variant) mode() []string {
	if v == variantEcho {
		return nil
	}
	return []string{string(v)}
}

// flags returns the arguments that select the address and v in the servers written in Go.
func (v variant) flags(to netip.AddrPort) []string {
	all := []string{"-addr=" + to.String()}
	for _, mode := range v.mode() {
		all = append(all, "-"+mode)
	}
	return all
}

// floorServer returns a server in C with the given arguments after the port.
func floorServer(name string, arguments ...string) func(workspace, netip.AddrPort, variant) []string {
	return func(w workspace, to netip.AddrPort, v variant) []string {
		return slices.Concat([]string{w.binary(name), port(to)}, arguments, v.mode())
	}
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

func nodeServer(w workspace, to netip.AddrPort, v variant) []string {
	return append([]string{"node", filepath.Join(w.npm(), "ws.mjs"), port(to)}, v.mode()...)
}

// script returns a server that runs an application in JavaScript with the given flags, in which {npm} is the folder of the
// packages of npm.
func script(flags ...string) func(workspace, netip.AddrPort, variant) []string {
	return func(w workspace, to netip.AddrPort, v variant) []string {
		file := filepath.Join(w.root, "bench", "testdata", cmp.Or(string(v), "echo")+".js")
		line := []string{w.binary("linger"), "run", "--listen=" + to.String()}
		for _, flag := range flags {
			line = append(line, strings.ReplaceAll(flag, "{npm}", filepath.Join(w.npm(), "node_modules")))
		}
		return append(line, file)
	}
}
