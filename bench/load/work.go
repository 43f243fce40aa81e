package load

import "time"

// Kind is what the connections of a [Work] do.
type Kind string

// The kinds.
const (
	Echo   Kind = "echo"   // send messages and wait until all of them have come back
	Paced  Kind = "paced"  // send so many messages a second, whatever comes back
	Fanout Kind = "fanout" // one sends a message and waits until it has reached all
	Churn  Kind = "churn"  // open, echo once, close; and again
	Idle   Kind = "idle"   // open, echo once, and say no more
)

// Work is what a server is put under. Messages are text, in ASCII.
type Work struct {
	Kind     Kind
	Conns    int // connections; of a churn, those that are open at a time
	InFlight int // messages that a connection sends at once, of an echo
	Rate     int // messages a second of all connections together, if they are paced
	Size     int // bytes of a message

	// Deflate agrees on permessage-deflate with context takeover in both directions
	// (RFC 7692, section 7.1.1), and insists on compressed answers; Idle only. A message of
	// 32 KiB fills the windows.
	Deflate bool

	Warm   time.Duration // before anything is measured
	Window time.Duration // how long is measured; of Idle, how long is waited for the server to settle
}

// Sample is what one measurement has found.
type Sample struct {
	Units int64 // messages, deliveries, or connections
	Wall  time.Duration
	CPU   time.Duration // of the server
	Load  time.Duration // processor time of the load generator
	P50   time.Duration // of the time from sending until the answer was complete
	P99   time.Duration
	Other time.Duration // processor time of everything else on the machine meanwhile
	Bytes int64         // of resident memory that the connections have added, of Idle
}

// Cost is the server's processor time per unit.
func (s Sample) Cost() time.Duration { return per(s.CPU, s.Units) }

// Disturbance is how many cores others have kept busy.
func (s Sample) Disturbance() float64 { return s.Other.Seconds() / s.Wall.Seconds() }

// Rate is units per second.
func (s Sample) Rate() float64 { return float64(s.Units) / s.Wall.Seconds() }

func per(d time.Duration, units int64) time.Duration {
	if units == 0 {
		return 0
	}
	return d / time.Duration(units)
}
