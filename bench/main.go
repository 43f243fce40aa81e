//go:build linux

// Command bench compares WebSocket servers: Linger, its peers, and a minimal server in C as
// the lower bound. It measures the CPU time of the server per message or connection, and
// its memory. The servers take turns within a round, and the figures are medians of the
// rounds. README.md in this folder explains the method and why it is fair.
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
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/lingerws/linger/bench/report"
)

func main() {
	var err error
	if text := os.Getenv(loadEnv); text != "" {
		err = runLoad(text, os.Stdout)
	} else {
		err = run(os.Args[1:], os.Stdout)
	}
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are the parsed flags.
type settings struct {
	libs    []library
	works   []work
	rounds  int
	window  time.Duration
	write   bool   // write the report
	folder  string // the folder of the report, in the bench folder
	base    string // the library by whose figures those of the others are divided; "" for the usual ratios
	publish bool   // write the report from results.json, with its table in the README; do not measure
	command string // the command line with these flags
}

func parse(args []string) (settings, error) {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	libs := flags.String("libs", "all", "libraries to measure, or groups: all, workers, proxies")
	works := flags.String("works", "all", "works to measure, or groups: all, scaling")
	rounds := flags.Int("rounds", 5, "measurements of each library at each work")
	seconds := flags.Float64("seconds", 2, "duration of a measurement")
	write := flags.Bool("write", false, "write results.json, results.md and plots")
	folder := flags.String("folder", ".", "folder for -write, relative to bench")
	base := flags.String("base", "", "library by whose figures the report divides those of the others; by default Linger's are divided by those of the others")
	publish := flags.Bool("readme", false, "do not measure: write the report from bench/results.json, and its table into README.md")
	if err := flags.Parse(args); err != nil {
		return settings{}, err
	}
	s := settings{rounds: *rounds, window: time.Duration(*seconds * float64(time.Second)), write: *write, folder: *folder, base: *base, publish: *publish,
		command: strings.Join(append([]string{"go run ./bench"}, args...), " ")}
	var err1, err2 error
	s.libs, err1 = chooseLibraries(*libs)
	s.works, err2 = chooseWorks(*works)
	if s.base != "" && !slices.ContainsFunc(s.libs, func(l library) bool { return l.name == s.base }) {
		err2 = errors.Join(err2, fmt.Errorf("-base must be one of -libs, not %q", s.base))
	}
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
	w, err := openWorkspace()
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
		return w.write(r, s.folder)
	}
	return nil
}

// compare builds the libraries, measures them, and returns the record. It skips a library
// that cannot be built, with a note in the record.
func (w workspace) compare(s settings, log *log.Logger) (*report.Record, error) {
	limit, err := raiseFileLimit()
	if err != nil {
		return nil, err
	}
	var notes []string
	s.libs, notes = w.prepare(s.libs)
	s.works, notes = withinLimit(limit, s.works, notes)
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

// raiseFileLimit raises the limit of open files to what the machine allows, and returns
// it. Go raises it for this process only; a call of setrlimit makes child processes inherit
// it.
func raiseFileLimit() (int, error) {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return 0, fmt.Errorf("limit of open files: %w", err)
	}
	limit.Cur = limit.Max
	return int(min(limit.Max, math.MaxInt32)), syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}

// withinLimit returns the works that need no more than limit open files, and appends a
// note for each of the others.
func withinLimit(limit int, all []work, notes []string) ([]work, []string) {
	const spare = 200 // files of the server and the load generator besides connections
	var possible []work
	for _, x := range all {
		if x.Conns+spare > limit {
			notes = append(notes, fmt.Sprintf("%q is skipped: this machine allows %d open files", x.label, limit))
			continue
		}
		possible = append(possible, x)
	}
	return possible, notes
}
