//go:build linux

package main

import (
	"log"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/bench/load"
)

// TestMain lets the test binary act as the load generator, as the command does.
func TestMain(m *testing.M) {
	if os.Getenv(loadEnv) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestParse(t *testing.T) {
	s, err := parse(strings.Fields("-libs linger,floor -works echo16,idle -rounds 3 -seconds 0.5 -write"))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.libs) != 2 || len(s.works) != 2 || s.rounds != 3 || s.window != 500*time.Millisecond || !s.write || s.publish {
		t.Errorf("parse returns %+v", s)
	}
	if want := "go run ./bench -libs linger,floor -works echo16,idle -rounds 3 -seconds 0.5 -write"; s.command != want {
		t.Errorf("command = %q, expected %q", s.command, want)
	}
	for _, wrong := range []string{"-libs unknown", "-works unknown", "-rounds 0", "-seconds 0", "-libs linger -base ws"} {
		if _, err := parse(strings.Fields(wrong)); err == nil {
			t.Errorf("parse of %s returned no error", wrong)
		}
	}
}

func TestWithinLimit(t *testing.T) {
	all := []work{{label: "few", Work: load.Work{Conns: 100}}, {label: "many", Work: load.Work{Conns: 15_000}}}
	possible, notes := withinLimit(1024, all, nil)
	if len(possible) != 1 || possible[0].label != "few" || len(notes) != 1 || !strings.Contains(notes[0], "many") {
		t.Errorf("withinLimit of 1,024 open files returns %v, %q, expected few and a note about many", possible, notes)
	}
}

func TestRaiseFileLimit(t *testing.T) {
	first, err1 := raiseFileLimit()
	again, err2 := raiseFileLimit()
	if err1 != nil || err2 != nil || first < 256 || first != again {
		t.Errorf("raiseFileLimit returns %d, %v and then %d, %v, expected the same limit twice", first, err1, again, err2)
	}
}

// TestCompare builds and measures Linger and the floors in one short round. The report has a note about a floor with io_uring that
// the system does not permit.
func TestCompare(t *testing.T) {
	w, err := openWorkspace()
	if err != nil {
		t.Fatal(err)
	}
	w.bin = t.TempDir()
	s, err := parse(strings.Fields("-libs linger,floor,floor-uring,floor-batch -works echo16,fanout -rounds 1 -seconds 0.2"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.works {
		s.works[i].Conns = 1000 // enough that a buffer that connections share ends within a request
	}
	var logged strings.Builder
	r, err := w.compare(s, log.New(&logged, "", 0))
	if err != nil {
		t.Fatalf("compare: %v", err)
	}
	skipped := map[string]bool{}
	for _, note := range r.Notes {
		i := slices.IndexFunc(s.libs, func(l library) bool { return strings.HasPrefix(note, l.label+" is skipped: ") })
		if i < 2 || !strings.Contains(note, "floor: ") {
			t.Fatalf("unexpected note: %s", note)
		}
		skipped[s.libs[i].name] = true
	}
	for _, x := range s.works {
		for _, l := range s.libs {
			if skipped[l.name] {
				continue
			}
			samples := r.Samples[x.name][l.name]
			if len(samples) != 1 || samples[0].Cost() <= 0 || samples[0].P99 <= 0 {
				t.Errorf("%s at %s: expected one sample with a cost, got %+v", l.name, x.name, samples)
			}
		}
	}
	if !strings.Contains(logged.String(), "round 1 of 1") || r.Date == "" || r.Libraries[0].Version == "" {
		t.Errorf("the log lacks the round, or the record its date or versions: %q, %+v", logged.String(), r)
	}
}
