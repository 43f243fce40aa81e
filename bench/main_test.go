//go:build linux

package main

import (
	"log"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/bench/load"
)

// TestMain lets the tests' own program be the load, as the command is.
func TestMain(m *testing.M) {
	if os.Getenv(orders) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

func TestFlags(t *testing.T) {
	s, err := parse(strings.Fields("-libs linger,floor -works echo16,idle -rounds 3 -seconds 0.5 -write"))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.libs) != 2 || len(s.works) != 2 || s.rounds != 3 || s.window != 500*time.Millisecond || !s.write || s.publish {
		t.Errorf("the flags are read as %+v", s)
	}
	if want := "go run ./bench -libs linger,floor -works echo16,idle -rounds 3 -seconds 0.5 -write"; s.command != want {
		t.Errorf("the command that repeats it is %q, expected %q", s.command, want)
	}
	for _, wrong := range []string{"-libs nobody", "-works nothing", "-rounds 0", "-seconds 0"} {
		if _, err := parse(strings.Fields(wrong)); err == nil {
			t.Errorf("%s must be an error", wrong)
		}
	}
}

func TestWorksThatTheMachineForbidsAreLeftOut(t *testing.T) {
	all := []work{{label: "few", Work: load.Work{Conns: 100}}, {label: "many", Work: load.Work{Conns: 15_000}}}
	possible, notes := within(1024, all, nil)
	if len(possible) != 1 || possible[0].label != "few" || len(notes) != 1 || !strings.Contains(notes[0], "many") {
		t.Errorf("with 1,024 open files few connections are possible and many are not: got %v, %q", possible, notes)
	}
}

func TestAsManyOpenFilesAsThereMayBe(t *testing.T) {
	first, err1 := manyDescriptors()
	again, err2 := manyDescriptors()
	if err1 != nil || err2 != nil || first < 256 || first != again {
		t.Errorf("the bound of open files is raised once to what may be: got %d, %v and %d, %v", first, err1, again, err2)
	}
}

// One short round of ours and the floor, from building them to the report.
func TestARound(t *testing.T) {
	w, err := openWorkshop()
	if err != nil {
		t.Fatal(err)
	}
	w.bin = t.TempDir()
	s, err := parse(strings.Fields("-libs linger,floor -works echo16,fanout -rounds 1 -seconds 0.2"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range s.works {
		s.works[i].Conns = 8
	}
	var said strings.Builder
	r, err := w.compare(s, log.New(&said, "", 0))
	if err != nil || len(r.Notes) != 0 {
		t.Fatalf("%v, %q", err, r.Notes)
	}
	for _, x := range s.works {
		for _, l := range []string{"linger", "floor"} {
			samples := r.Samples[x.name][l]
			if len(samples) != 1 || samples[0].Cost() <= 0 || samples[0].P99 <= 0 {
				t.Errorf("%s at %s: expected one sample with a cost, got %+v", l, x.name, samples)
			}
		}
	}
	if !strings.Contains(said.String(), "round 1 of 1") || r.Date == "" || r.Libraries[0].Version == "" {
		t.Errorf("a run is told of, and knows its date and versions: %q, %+v", said.String(), r)
	}
}
