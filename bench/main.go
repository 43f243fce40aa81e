//go:build linux

// Command bench measures WebSocket servers side by side: Linger, its peers, and the least
// that one can cost. What counts is the processor time of the server, per message or
// connection, and its memory. All take turns within a round, and the figures are medians
// of the rounds. README.md beside it tells how, and why it is fair.
//
//	go run ./bench -libs linger,gws,bun,floor -works echo1,echo16 -rounds 3 -seconds 1
//	make bench
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"
)

func main() {
	var err error
	if text := os.Getenv(orders); text != "" {
		err = obey(text, os.Stdout)
	} else {
		err = run(os.Args[1:], os.Stdout)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are what the flags say.
type settings struct {
	libs   []library
	works  []work
	rounds int
	window time.Duration
}

func parse(args []string) (settings, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	libs := flags.String("libs", "all", "libraries to measure, or groups of them: all, workers")
	works := flags.String("works", "all", "works to put them under, or groups: all, scaling")
	rounds := flags.Int("rounds", 5, "how often each is measured")
	seconds := flags.Float64("seconds", 2, "how long each is measured")
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	var s settings
	var err1, err2 error
	s.libs, err1 = chooseLibraries(*libs)
	s.works, err2 = chooseWorks(*works)
	s.rounds, s.window = *rounds, time.Duration(*seconds*float64(time.Second))
	if s.rounds < 1 || s.window <= 0 {
		return s, errors.New("-rounds and -seconds must be more than 0")
	}
	return s, errors.Join(err1, err2)
}

func run(args []string, out io.Writer) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	w, err := openWorkshop()
	if err != nil {
		return err
	}
	if err := manyDescriptors(); err != nil {
		return err
	}
	var missing []error
	s.libs, missing = w.prepare(s.libs)
	for _, err := range missing {
		fmt.Fprintln(os.Stderr, "bench:", err)
	}
	found := w.rounds(s, os.Stderr)
	found.print(out, s)
	return nil
}

// manyDescriptors raises the bound of open files to what the machine allows. It is said to
// the system and not left to Go, so that what this process starts has it too.
func manyDescriptors() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("the bound of open files: %w", err)
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
