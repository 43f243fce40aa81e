//go:build linux

package load

import (
	"testing"
	"time"
)

func TestPacedSendsAtItsRate(t *testing.T) {
	w := short(Work{Kind: Paced, Conns: 4, Rate: 1000})
	w.Window = 200 * time.Millisecond
	s := run(t, ours(t, echoes()), w)
	if rate := s.Rate(); rate < 500 || rate > 1500 {
		t.Errorf("1,000 messages a second were asked for, and %.0f came back", rate)
	}
}

func TestLatencyCountsFromWhenAMessageWasDue(t *testing.T) {
	p := &paced{answer: []byte("answer")}
	late := time.Now().Add(-time.Second)
	c := &conn{due: []time.Time{late, late}}
	if err := p.handle(c, []byte("answeransw")); err != nil {
		t.Fatal(err)
	}
	if p.units != 1 || c.got != 4 || len(c.due) != 1 {
		t.Fatalf("one answer and a part of the next have come: counted %d, %d bytes, %d on their way", p.units, c.got, len(c.due))
	}
	if got := p.latency.quantile(0.5); got < 900*time.Millisecond {
		t.Errorf("it was due a second ago, and its latency is %v", got)
	}
}
