package lease

import "time"

// SetRate makes the clock of a manager run faster or slower than that of the test.
func (o *Options) SetRate(rate float64) {
	began := time.Now()
	o.clock = &clock{
		now:       func() time.Time { return began.Add(time.Duration(float64(time.Since(began)) * rate)) },
		suspended: func() (time.Duration, time.Duration) { return 0, 0 },
		real:      func(d time.Duration) time.Duration { return time.Duration(float64(d)/rate) + 1 },
	}
}
