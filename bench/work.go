//go:build linux

package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/lingerws/linger/bench/load"
	"github.com/lingerws/linger/bench/report"
)

// work is a workload: a row of the table, or a point of a plot.
type work struct {
	name  string
	label string
	unit  string // the unit that the cost is divided by, such as "message"
	load.Work
	cores  int      // of the server; 0 means 1
	axis   string   // the axis of its plot; empty for a row of the table
	at     int      // the position on axis
	async  bool     // the handler is an async function
	libs   []string // the libraries that support it; nil means all
	groups string   // the groups of -works it belongs to, separated by commas
	flags  []string // further flags of the server
	limit  float64  // the highest cost that is intended for a worker in a child process, as a multiple of that of ws; 0 for none

	// measure, for works about the life of a server, measures one that was just started. The others apply the load.
	measure func(s *server) (load.Sample, error)
}

// works lists all works in the order of the table.
var works = slices.Concat(table, scaling(), life)

// table are the rows of the table: the group "all" is about servers in general, and "workers" about applications in JavaScript.
var table = []work{
	{name: "echo1", label: "echo 64 B, 128 connections, one in flight", unit: "message",
		Work: load.Work{Kind: load.Echo, Conns: 128, InFlight: 1, Size: 64}, groups: "all,workers", limit: 1},
	{name: "echo1-async", label: "the same, async handler", unit: "message",
		Work: load.Work{Kind: load.Echo, Conns: 128, InFlight: 1, Size: 64}, async: true, libs: scripted, groups: "workers", limit: 1},
	{name: "paced", label: "echo 64 B, 20,000 a second, 128 connections", unit: "message",
		Work: load.Work{Kind: load.Paced, Conns: 128, Rate: 20_000, Size: 64}, groups: "all"},
	{name: "echo16", label: "echo 64 B, 128 connections, 16 in flight", unit: "message",
		Work: load.Work{Kind: load.Echo, Conns: 128, InFlight: 16, Size: 64}, groups: "all,workers", limit: 0.6},
	{name: "echo16k", label: "echo a 16 KiB text, 32 connections", unit: "message",
		Work: load.Work{Kind: load.Echo, Conns: 32, InFlight: 1, Size: 16 << 10}, groups: "all,workers", limit: 1},
	{name: "json", label: "parse and build 2 KiB of JSON, 128 connections", unit: "message",
		Work: load.Work{Kind: load.Echo, Conns: 128, InFlight: 1, Size: 2 << 10, JSON: true}, libs: scripted, groups: "workers", limit: 1},
	{name: "fanout", label: "send one message to 1,000 connections", unit: "delivery",
		Work: load.Work{Kind: load.Fanout, Conns: 1000, Size: 64}, groups: "all,workers", limit: 0.6},
	{name: "churn", label: "open, echo once, close cleanly, 32 at a time", unit: "connection",
		Work: load.Work{Kind: load.Churn, Conns: 32, Size: 64}, groups: "all"},
	{name: "idle", label: "15,000 idle connections", unit: "connection",
		Work: load.Work{Kind: load.Idle, Conns: 15000, Size: 64}, groups: "all"},
	{name: "idle-deflate", label: "1,000 idle connections with full windows of deflate", unit: "connection",
		Work: load.Work{Kind: load.Idle, Conns: 1000, Size: 32 << 10, Deflate: true},
		libs: compressing, groups: "all"},
}

// compressing are the libraries that support permessage-deflate with context takeover.
var compressing = []string{"linger", "linger-lending", "linger-blocking", "bun", "gws", "coder", "ws"}

// Libraries whose servers are applications in JavaScript.
var (
	workers  = []string{"worker", "worker-process", "worker-node", "worker-bun", "worker-deno"}
	scripted = append([]string{"ws"}, workers...)
)

// scaling returns the works of the plots: more connections, each with one message in
// flight, and more cores.
func scaling() []work {
	var all []work
	for _, n := range []int{1000, 5000, 10000, 15000} {
		all = append(all, work{name: fmt.Sprintf("conns%d", n), label: fmt.Sprintf("echo 64 B, %d connections, one in flight", n),
			unit: "message", Work: load.Work{Kind: load.Echo, Conns: n, InFlight: 1, Size: 64}, axis: report.Connections, at: n, groups: "scaling"})
	}
	return append(all, work{name: "cores2", label: "echo 64 B, 128 connections, one in flight, two cores", unit: "message",
		Work: load.Work{Kind: load.Echo, Conns: 128, InFlight: 1, Size: 64}, cores: 2, axis: report.Cores, at: 2, groups: "scaling"})
}

func chooseWorks(names string) ([]work, error) {
	return choose(names, works, func(w work) (string, string) { return w.name, w.groups })
}

// variant returns what the server does in w.
func (w work) variant() variant {
	switch {
	case w.Kind == load.Fanout:
		return variantFanout
	case w.Deflate:
		return variantDeflate
	case w.JSON:
		return variantJSON
	case w.async:
		return variantAsync
	}
	return variantEcho
}

// suits reports whether the library supports w.
func (w work) suits(l library) bool { return w.libs == nil || slices.Contains(w.libs, l.name) }

// timed returns w with its warm-up and window. A server with a JIT compiler needs time to
// warm up, and an idle one with a garbage collector needs time to free memory.
func (w work) timed(window time.Duration) load.Work {
	timed := w.Work
	timed.Warm, timed.Window = window/2, window
	if w.Kind == load.Idle {
		timed.Window = max(window, 2*time.Second)
	}
	return timed
}
