package load

import "time"

// Kind is a kind of [Work].
type Kind string

// The kinds of work.
const (
	Echo   Kind = "echo"   // send messages and wait for all echoes
	Paced  Kind = "paced"  // send messages at a fixed rate
	Fanout Kind = "fanout" // send a message on one connection and wait until all have received it
	Churn  Kind = "churn"  // open a connection, echo a message and close, repeatedly
	Idle   Kind = "idle"   // open connections, echo a message on each, and keep them idle
)

// Work is the load that is applied to a server. Messages are ASCII text.
type Work struct {
	Kind     Kind
	Conns    int // the number of connections; for Churn, of those open at the same time
	InFlight int // for Echo: the number of messages that a connection sends at once
	Rate     int // for Paced: the messages per second of all connections together
	Size     int // the length of a message in bytes

	// JSON, for Echo, sends a JSON text of about Size bytes, and expects what testdata/json.js in package bench builds from it.
	JSON bool

	// Deflate, for Idle, negotiates permessage-deflate with context takeover in both
	// directions (RFC 7692, section 7.1.1), and requires compressed answers. A message of
	// 32 KiB fills the windows.
	Deflate bool

	Warm   time.Duration // the length of the warm-up
	Window time.Duration // the length of the measurement; for Idle, the time before memory is measured
}

// Sample is the result of one measurement.
type Sample struct {
	Units int64         // the number of messages, deliveries or connections
	Wall  time.Duration // the length of the measurement
	CPU   time.Duration // the CPU time of the server
	Load  time.Duration // the CPU time of the load generator
	P50   time.Duration // the median of the latency
	P99   time.Duration // the 99th percentile of the latency
	Other time.Duration // the CPU time of all other processes
	Bytes int64         // for Idle: the resident memory that the connections have added
}

// Cost returns the server's CPU time per unit.
func (s Sample) Cost() time.Duration { return per(s.CPU, s.Units) }

// Disturbance returns the average number of cores that other processes have used.
func (s Sample) Disturbance() float64 {
	if s.Wall == 0 {
		return 0
	}
	return s.Other.Seconds() / s.Wall.Seconds()
}

// Rate returns the units per second.
func (s Sample) Rate() float64 { return float64(s.Units) / s.Wall.Seconds() }

func per(d time.Duration, units int64) time.Duration {
	if units == 0 {
		return 0
	}
	return d / time.Duration(units)
}
