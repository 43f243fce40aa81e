// Command worker measures what an echo of a text message costs a server that runs
// JavaScript: ours with one worker, and Node's ws, each with a synchronous and an async
// handler. Cost is the processor time of the server process, per message; the load runs
// in this process. All take turns within a round, and the figures are medians of the
// rounds.
//
//	make bench-worker
//	go -C bench run ./worker -rounds 5 -window 2s
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"time"
)

var (
	rounds  = flag.Int("rounds", 5, "how often each is measured")
	window  = flag.Duration("window", 2*time.Second, "how long each is measured")
	linger  = flag.String("linger", "linger", "the linger to measure")
	clients = flag.Int("clients", 128, "connections")
)

// work is a kind of load.
type work struct {
	name     string
	inFlight int // messages of each connection that wait for their echo
	size     int // bytes of each
}

var works = []work{
	{"64 B, one in flight", 1, 64},
	{"64 B, 16 in flight", 16, 64},
	{"16 KiB, one in flight", 1, 16 << 10},
}

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run() error {
	costs := map[string][]sample{}
	for range *rounds {
		for _, s := range servers() {
			for _, w := range works {
				one, err := measure(s, w)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", s.name, w.name, err)
				}
				key := s.name + w.name
				costs[key] = append(costs[key], one)
			}
		}
	}
	for _, w := range works {
		fmt.Printf("\n%s, %d connections\n", w.name, *clients)
		for _, s := range servers() {
			all := costs[s.name+w.name]
			slices.SortFunc(all, func(a, b sample) int { return int(a.cost - b.cost) })
			median := all[len(all)/2]
			fmt.Printf("  %-22s %6.2f us of server CPU a message (%.2f to %.2f), %7.0f messages/s\n", s.name,
				us(median.cost), us(all[0].cost), us(all[len(all)-1].cost), median.rate)
		}
	}
	return nil
}

func us(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e3 }
