package load

import (
	"testing"
	"time"
)

func TestSample(t *testing.T) {
	s := Sample{Units: 1000, Wall: 2 * time.Second, CPU: 5 * time.Millisecond, Other: time.Second}
	if s.Cost() != 5*time.Microsecond || s.Rate() != 500 || s.Disturbance() != 0.5 {
		t.Errorf("Cost, Rate and Disturbance are %v, %v and %v, expected 5 µs, 500 a second and half a core", s.Cost(), s.Rate(), s.Disturbance())
	}
	if got := (Sample{CPU: time.Second}).Cost(); got != 0 {
		t.Errorf("Cost of a sample without units = %v, expected 0", got)
	}
}
