//go:build linux

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// options are the flags.
type options struct {
	window  time.Duration // the length of a measurement
	rounds  int
	objects int    // the number of sleeping objects
	workerd string // the path of workerd; "" for Linger only
	linger  string // the path of Linger's command; "" to build it
	only    []string
}

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "objects:", err)
		os.Exit(1)
	}
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("objects", flag.ContinueOnError)
	flags.StringVar(&o.workerd, "workerd", "", "path of workerd; without it only Linger is measured")
	flags.StringVar(&o.linger, "linger", "", "path of linger; by default it is built")
	flags.IntVar(&o.rounds, "rounds", 1, "number of measurements of each kind")
	flags.IntVar(&o.objects, "objects", 10_000, "number of sleeping objects")
	flags.DurationVar(&o.window, "window", 3*time.Second, "length of a measurement")
	only := flags.String("only", "", "measurements, separated by commas; all by default: "+strings.Join(names(), ", "))
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.only = names()
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	for _, name := range o.only {
		if !slices.Contains(names(), name) {
			return o, fmt.Errorf("unknown measurement %q: expected %s", name, strings.Join(names(), ", "))
		}
	}
	if o.rounds < 1 || o.window <= 0 || o.objects < 1 {
		return o, errors.New("-rounds, -window and -objects must be more than 0")
	}
	return o, nil
}

func names() (all []string) {
	for _, m := range measurements {
		all = append(all, m.name)
	}
	return all
}

func run(args []string, out io.Writer) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	if err := raiseFileLimit(o.objects); err != nil {
		return err
	}
	if o.linger == "" {
		folder, err := os.MkdirTemp("", "objects")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(folder) }()
		o.linger = filepath.Join(folder, "linger")
		if text, err := exec.Command("go", "build", "-buildvcs=false", "-o", o.linger, "github.com/lingerws/linger/cmd/linger").CombinedOutput(); err != nil {
			return fmt.Errorf("building linger: %w: %s", err, text)
		}
	}
	kinds := []kind{linger(o.linger)}
	if o.workerd != "" {
		kinds = append(kinds, workerd(o.workerd))
	}
	return compare(kinds, o, out)
}

// compare measures the servers in turn, and writes the report: each measurement as soon as it is complete. A measurement that fails does not
// end the others.
func compare(kinds []kind, o options, out io.Writer) (failed error) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, m := range measurements {
		if !slices.Contains(o.only, m.name) {
			continue
		}
		for range o.rounds {
			for _, k := range kinds {
				figures, err := k.measure(m.vars, o, m.run)
				if err != nil {
					failed = errors.Join(failed, fmt.Errorf("%s, %s: %w", m.name, k.name, err))
					continue
				}
				for _, f := range figures {
					_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", m.name, k.name, f.name, f.value)
				}
			}
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return failed
}

// measure starts a server, measures it, and stops it.
func (k kind) measure(v vars, o options, run func(s *server, o options) ([]figure, error)) ([]figure, error) {
	s, err := k.start(v)
	if s != nil {
		defer s.stop()
	}
	if err != nil {
		return nil, err
	}
	return run(s, o)
}

// raiseFileLimit raises the limit of open files to what the machine allows, for this process and those that it starts.
func raiseFileLimit(needed int) error {
	const spare = 500 // files besides connections
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("limit of open files: %w", err)
	}
	if limit.Max < uint64(needed+spare) {
		return fmt.Errorf("this machine allows %d open files, and %d objects need %d: use a smaller number with -objects", min(limit.Max, math.MaxInt32), needed, needed+spare)
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
