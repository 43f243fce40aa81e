package main

import (
	"fmt"
	"math"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/protocol"
)

// request starts the drain that a request to the administration asks for.
func (d *drains) request(r admin.DrainRequest) error {
	o, err := d.optionsOf(r)
	if err != nil {
		return err
	}
	_, err = d.start(o, !r.Stay && (o.Share == 0 || o.Share == 1))
	return err
}

// optionsOf returns the options of a request. What it omits has the value of the flags.
func (d *drains) optionsOf(r admin.DrainRequest) (linger.DrainOptions, error) {
	o := d.defaults()
	for _, t := range []struct {
		name    string
		seconds *float64
		set     func(time.Duration)
	}{
		{"delay", r.Delay, func(delay time.Duration) { o.Delay = delay }},
		{"spread", r.Spread, func(spread time.Duration) { o.Spread, o.Rate = spreadOption(spread), 0 }},
	} {
		if t.seconds == nil {
			continue
		}
		if !(*t.seconds >= 0 && *t.seconds <= maxDrainSeconds) { // true for NaN
			return o, fmt.Errorf("%s is %v: give a number of seconds from 0 to %v", t.name, *t.seconds, maxDrainSeconds)
		}
		t.set(time.Duration(*t.seconds * float64(time.Second)))
	}
	if r.Rate != nil {
		if !(*r.Rate > 0 && *r.Rate <= math.MaxFloat64) {
			return o, fmt.Errorf("rate is %v: give a number of connections per second, above 0", *r.Rate)
		}
		o.Rate = *r.Rate
	}
	if r.Share != nil {
		if !(*r.Share > 0 && *r.Share <= 1) {
			return o, fmt.Errorf("share is %v: give a number above 0, and 1 for all connections", *r.Share)
		}
		o.Share = *r.Share
	}
	if r.Code != nil {
		if *r.Code < 0 || *r.Code > math.MaxUint16 {
			return o, fmt.Errorf("code is %d: give a close code that may be sent, such as 1012", *r.Code)
		}
		o.Code = protocol.CloseCode(*r.Code)
	}
	if r.Reason != nil {
		o.Reason = *r.Reason
	}
	return o, protocol.CheckClose(o.Code, o.Reason)
}

// maxDrainSeconds bounds the delay and the spread of a drain: a year.
const maxDrainSeconds = 365 * 24 * 3600
