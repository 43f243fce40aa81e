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
	"log"
	"math"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/lingerws/linger/bench/report"
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
	libs    []library
	works   []work
	rounds  int
	window  time.Duration
	write   bool // the report
	publish bool // in the README, and nothing else
	command string
}

func parse(args []string) (settings, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	libs := flags.String("libs", "all", "libraries to measure, or groups of them: all, workers")
	works := flags.String("works", "all", "works to put them under, or groups: all, scaling")
	rounds := flags.Int("rounds", 5, "how often each is measured")
	seconds := flags.Float64("seconds", 2, "how long each is measured")
	write := flags.Bool("write", false, "write bench/results.json, bench/results.md and bench/plots")
	publish := flags.Bool("readme", false, "measure nothing: write from bench/results.json, and its table into README.md")
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	s := settings{rounds: *rounds, window: time.Duration(*seconds * float64(time.Second)), write: *write, publish: *publish,
		command: strings.Join(append([]string{"go run ./bench"}, args...), " ")}
	var err1, err2 error
	s.libs, err1 = chooseLibraries(*libs)
	s.works, err2 = chooseWorks(*works)
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
	if s.publish {
		return w.publish()
	}
	r, err := w.compare(s, log.New(os.Stderr, "", log.Ltime))
	if err != nil {
		return err
	}
	if _, err := io.WriteString(out, r.Text()); err != nil {
		return err
	}
	if s.write {
		return w.write(r)
	}
	return nil
}

// compare builds all, measures them in turn, and returns what was found. A library that
// cannot be built here is left out, which the record says.
func (w workshop) compare(s settings, log *log.Logger) (*report.Record, error) {
	limit, err := manyDescriptors()
	if err != nil {
		return nil, err
	}
	var notes []string
	s.libs, notes = w.prepare(s.libs)
	s.works, notes = within(limit, s.works, notes)
	for _, note := range notes {
		log.Print(note)
	}
	r := s.record()
	r.Notes, r.Machine, r.Command = notes, machine(), s.command
	for i, l := range s.libs {
		r.Libraries[i].Version = w.version(l)
	}
	w.rounds(s, r, log)
	r.Date = time.Now().UTC().Format(time.DateOnly)
	return r, nil
}

// manyDescriptors raises the bound of open files to what the machine allows, and returns
// it. It is said to the system and not left to Go, so that what this process starts has it
// too.
func manyDescriptors() (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("the bound of open files: %w", err)
	}
	limit.Cur = limit.Max
	return int(min(limit.Max, math.MaxInt32)), syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}

// within leaves out the works that need more open files than the machine allows.
func within(limit int, all []work, notes []string) ([]work, []string) {
	const spare = 200 // files of the server and the load itself
	var possible []work
	for _, x := range all {
		if x.Conns+spare > limit {
			notes = append(notes, fmt.Sprintf("%q is left out: this machine allows %d open files", x.label, limit))
			continue
		}
		possible = append(possible, x)
	}
	return possible, notes
}
