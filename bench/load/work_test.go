package load

import (
	"testing"
	"time"
)

func TestSamplesTellCostRateAndDisturbance(t *testing.T) {
	s := Sample{Units: 1000, Wall: 2 * time.Second, CPU: 5 * time.Millisecond, Other: time.Second}
	if s.Cost() != 5*time.Microsecond || s.Rate() != 500 || s.Disturbance() != 0.5 {
		t.Errorf("expected 5 µs each, 500 a second and half a core: got %v, %v and %v", s.Cost(), s.Rate(), s.Disturbance())
	}
	if got := (Sample{CPU: time.Second}).Cost(); got != 0 {
		t.Errorf("where nothing was done the cost is 0, not %v", got)
	}
}
