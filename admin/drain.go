package admin

// DrainRequest is the body of POST /v1/drain. Durations are in seconds. What is omitted has the value of the server's own options,
// those of [drain] in its configuration.
type DrainRequest struct {
	Share  *float64 `json:"share"`  // part of the connections, above 0; 1 means all
	Delay  *float64 `json:"delay"`  // before the first connection is closed
	Spread *float64 `json:"spread"` // time over which they are closed; 0 means at once
	Rate   *float64 `json:"rate"`   // connections closed per second, instead of Spread
	Code   *int     `json:"code"`
	Reason *string  `json:"reason"`
	Stay   bool     `json:"stay"` // the process does not end after a drain of all connections
}
