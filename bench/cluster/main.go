//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// options are the flags.
type options struct {
	nodes       []int
	window      time.Duration
	rounds      int
	subscribers int
	publishes   int
	topics      int
	peers       bool
	only        []string
	folder      string // of the programs
}

var names = []string{"cost", "rate", "topics", "simulate"}

func main() {
	var err error
	if len(os.Args) > 1 && os.Args[1] == "node" {
		err = runNode(os.Args[2:])
	} else {
		err = run(os.Args[1:], os.Stdout)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("cluster", flag.ContinueOnError)
	nodes := flags.String("nodes", "1,2,3", "numbers of nodes, separated by commas")
	only := flags.String("only", strings.Join(names, ","), "measurements, separated by commas")
	flags.DurationVar(&o.window, "window", 5*time.Second, "length of a measurement")
	flags.IntVar(&o.rounds, "rounds", 1, "number of measurements of each kind")
	flags.IntVar(&o.subscribers, "subscribers", 300, "connections that are subscribed to the channel, on all nodes together")
	flags.IntVar(&o.publishes, "publishes", 100, "publications per second when the cost is measured")
	flags.IntVar(&o.topics, "topics", 5000, "connections with a channel each when the memory is measured")
	flags.BoolVar(&o.peers, "peers", false, "measure Centrifugo too")
	flags.StringVar(&o.folder, "programs", filepath.Join(os.TempDir(), "linger-bench-cluster"), "folder of the programs that are built")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	for _, text := range strings.Split(*nodes, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 20 {
			return o, fmt.Errorf("-nodes has %q, expected numbers from 1 to 20", text)
		}
		o.nodes = append(o.nodes, n)
	}
	for _, name := range strings.Split(*only, ",") {
		if !slices.Contains(names, name) {
			return o, fmt.Errorf("unknown measurement %q: expected %s", name, strings.Join(names, ", "))
		}
		o.only = append(o.only, name)
	}
	if o.rounds < 1 || o.window <= 0 || o.subscribers < 1 || o.publishes < 1 || o.topics < 1 {
		return o, errors.New("-rounds, -window, -subscribers, -publishes and -topics must be more than 0")
	}
	return o, nil
}

func run(args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if err := raiseFileLimit(); err != nil {
		return err
	}
	systems := []system{
		{name: "linger", begin: beginLinger, subscribe: lingerSubscribe, publish: lingerPublish},
		{name: "embedded", begin: beginEmbedded, subscribe: lingerSubscribe, publish: lingerPublish},
	}
	programs := map[string]string{"nats-server": "github.com/nats-io/nats-server/v2"}
	if o.peers {
		systems = append(systems, system{name: "centrifugo", begin: beginCentrifugo, subscribe: centrifugoSubscribe, publish: centrifugoPublish})
		programs["centrifugo"] = "github.com/centrifugal/centrifugo/v6"
	}
	for name, path := range programs {
		if err := build(filepath.Join(o.folder, name), path); err != nil {
			return err
		}
	}
	table := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	if _, err := fmt.Fprintln(table, "measurement\tsystem\tnodes\tresult"); err != nil {
		return err
	}
	for _, name := range o.only {
		for _, s := range systems {
			if err := o.measure(table, name, s); err != nil {
				return fmt.Errorf("%s of %s: %w", name, s.name, err)
			}
		}
	}
	return nil
}

// measure makes the measurements of one kind with one system.
func (o *options) measure(table *tabwriter.Writer, name string, s system) error {
	nodes := o.nodes
	switch name {
	case "topics":
		nodes = []int{2}
	case "simulate":
		nodes = []int{10}
	}
	for _, n := range nodes {
		for range o.rounds {
			result, err := o.measureOnce(name, s, n)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintf(table, "%s\t%s\t%d\t%s\n", name, s.name, n, result)
			if err := errors.Join(err, table.Flush()); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *options) measureOnce(name string, s system, nodes int) (string, error) {
	r, err := begin(o, s, nodes)
	if err != nil {
		return "", err
	}
	defer r.end()
	switch name {
	case "cost":
		return r.cost()
	case "rate":
		return r.rate()
	case "topics":
		return r.topics()
	default:
		return r.simulate()
	}
}

// build builds a program of the module of peers, unless it is there.
func build(file, path string) error {
	if _, err := os.Stat(file); err == nil {
		return nil
	}
	c := exec.Command("go", "-C", "bench/cluster/peers", "build", "-o", file, path)
	c.Stderr = os.Stderr
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s cannot be built (run this in the root of the repository): %w", path, err)
	}
	return nil
}
