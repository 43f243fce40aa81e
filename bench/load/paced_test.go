//go:build linux

package load

import (
	"testing"
	"time"
)

func TestRunPaced(t *testing.T) {
	w := short(Work{Kind: Paced, Conns: 4, Rate: 1000})
	w.Window = 200 * time.Millisecond
	s := run(t, lingerServer(t, echoes()), w)
	if rate := s.Rate(); rate < 500 || rate > 1500 {
		t.Errorf("the rate is %.0f messages a second, expected about 1,000", rate)
	}
}

func TestPacedLatency(t *testing.T) {
	p := &paced{answer: []byte("answer")}
	late := time.Now().Add(-time.Second)
	c := &conn{due: []time.Time{late, late}}
	if err := p.handle(c, []byte("answeransw")); err != nil {
		t.Fatal(err)
	}
	if p.units != 1 || c.got != 4 || len(c.due) != 1 {
		t.Fatalf("after one answer and four bytes of the next: %d counted, %d bytes of the next, %d pending", p.units, c.got, len(c.due))
	}
	if got := p.latency.quantile(0.5); got < 900*time.Millisecond {
		t.Errorf("the message was due a second ago, but its latency is %v", got)
	}
}
