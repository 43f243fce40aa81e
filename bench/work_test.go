//go:build linux

package main

import (
	"testing"
	"time"

	"github.com/lingerws/linger/bench/load"
)

func TestChooseWorks(t *testing.T) {
	table, err1 := chooseWorks("all")
	lines, err2 := chooseWorks("scaling")
	every, err3 := chooseWorks("all,scaling,workers")
	if err1 != nil || err2 != nil || err3 != nil || len(every) != len(works) {
		t.Fatalf("all, scaling and workers have %d works (%v, %v, %v), expected every work in one of them", len(every), err1, err2, err3)
	}
	for _, x := range table {
		if x.axis != "" {
			t.Errorf("%s is a row of the table, but has the axis %s", x.name, x.axis)
		}
	}
	for _, x := range lines {
		if x.axis == "" || x.at == 0 {
			t.Errorf("%s is a point of a plot, but has no axis or no position on it", x.name)
		}
	}
}

func TestWorkTimed(t *testing.T) {
	for _, x := range works {
		timed := x.timed(100 * time.Millisecond)
		want := 100 * time.Millisecond
		if x.Kind == load.Idle {
			want = 2 * time.Second
		}
		if timed.Window != want || timed.Warm != 50*time.Millisecond {
			t.Errorf("%s: warm-up %v, window %v, expected 50 ms and %v", x.name, timed.Warm, timed.Window, want)
		}
	}
}
