package admin

import "time"

// Live is a snapshot of the server: each message on /v1/live is one, as JSON. One is sent when the WebSocket opens, and then one
// each second. All durations are in seconds.
type Live struct {
	Time        time.Time       `json:"time"`
	Interval    float64         `json:"interval"` // seconds between two snapshots, to which Rates applies
	Status      Status          `json:"status"`
	Connections LiveConnections `json:"connections"`
	Rates       Counts          `json:"rates"`  // per second, since the last snapshot
	Totals      Counts          `json:"totals"` // since the start
	Closes      []CloseCount    `json:"closes"` // since the start, the most frequent first, at most 100
	Refusals    []RefusalCount  `json:"refusals"`
	Slow        []Connection    `json:"slow"` // the connections with the longest send queues, the longest first, at most 10; none is empty
	Channels    LiveChannels    `json:"channels"`
	Workers     []Worker        `json:"workers"`  // empty for a server without workers
	Timeline    []Entry         `json:"timeline"` // the newest entries, newest first, at most 20: GET /v1/timeline has more
	Drain       *DrainStatus    `json:"drain"`    // null if there has been no drain

	// History has a moment for every 5 s of the last 5 minutes, the oldest first. Only the first snapshot of a WebSocket has it.
	History []Moment `json:"history,omitempty"`
}

// Moment is the traffic of the server in the seconds before a moment.
type Moment struct {
	Time        time.Time `json:"time"`
	Connections int       `json:"connections"`
	Rates       Counts    `json:"rates"` // per second, since the moment before
}

// LiveConnections counts the connections that are open now.
type LiveConnections struct {
	Total  int `json:"total"`
	States struct {
		Open     int `json:"open"`
		HalfOpen int `json:"halfOpen"` // the client has closed its half, the application has not
		Closing  int `json:"closing"`
		Closed   int `json:"closed"` // ended, and the close event is not handled yet
	} `json:"states"`
	Ages         []AgeCount `json:"ages"`         // the youngest first; always the same ranges
	Buffered     int64      `json:"buffered"`     // bytes in all send queues
	SlowSends    int        `json:"slowSends"`    // connections whose send queue is not empty
	ScanInterval float64    `json:"scanInterval"` // seconds between two counts: above 1 if there are very many connections
}

// AgeCount is the number of connections of an age.
type AgeCount struct {
	Label string  `json:"label"` // such as "< 1 min"
	Below float64 `json:"below"` // seconds; 0 for the last range, which has no bound
	Count int     `json:"count"`
}

// Counts are what happened, as totals or per second.
type Counts struct {
	Opened           float64 `json:"opened"`
	Closed           float64 `json:"closed"`
	Refused          float64 `json:"refused"` // upgrade requests
	MessagesReceived float64 `json:"messagesReceived"`
	BytesReceived    float64 `json:"bytesReceived"` // payloads, without compression
	MessagesSent     float64 `json:"messagesSent"`
	BytesSent        float64 `json:"bytesSent"`
	Published        float64 `json:"published"`     // messages published on channels; MessagesSent counts those that were delivered
	Events           float64 `json:"events"`        // events handled by the application
	EventFailures    float64 `json:"eventFailures"` // handlers that panicked, and failures of a script
	SlowMessages     float64 `json:"slowMessages"`  // messages that a full send queue did not take
}

// CloseCount counts the connections that ended in one way.
type CloseCount struct {
	Code      int    `json:"code"`      // of the first Close frame; 1005 if that was empty, 1006 if there was none
	Initiator string `json:"initiator"` // "client", "server" or "neither": the end that sent the first Close frame
	Cause     string `json:"cause"`     // such as "close", "keepalive", "slow", "shutdown"
	Count     int64  `json:"count"`
}

// RefusalCount counts the upgrade requests that were refused for one reason.
type RefusalCount struct {
	Reason string `json:"reason"` // such as "origin" or "max-connections"
	Count  int64  `json:"count"`
}

// LiveChannels describes the channels that have subscribers.
type LiveChannels struct {
	Total         int       `json:"total"`
	Subscriptions int       `json:"subscriptions"`
	Largest       []Channel `json:"largest"` // the 10 with the most subscribers, the largest first
}

// Channel is a channel that has subscribers.
type Channel struct {
	Channel     string `json:"channel"`
	Subscribers int    `json:"subscribers"`
}
