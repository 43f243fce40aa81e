package admin

import (
	"errors"
	"net/http"
	"time"

	"github.com/lingerws/linger"
)

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

// DrainStatus is the progress of a drain, or of the last one. Durations are in seconds.
type DrainStatus struct {
	State  string    `json:"state"` // "waiting" (for the delay), "closing", "complete", "cancelled" or "timed out"
	Began  time.Time `json:"began"`
	Ends   time.Time `json:"ends"`   // when the last connection is expected to be closed; after the drain, when it has ended
	Share  float64   `json:"share"`  // of the connections; 1 for all, when new ones are refused too
	Total  int       `json:"total"`  // connections that the drain has to end
	Left   int       `json:"left"`   // those of them that have not ended
	Closed int       `json:"closed"` // those of them that the drain has closed; others have ended by themselves
	Rate   float64   `json:"rate"`   // connections closed per second
	Delay  float64   `json:"delay"`
	Spread float64   `json:"spread"`
	Code   int       `json:"code"`
	Reason string    `json:"reason"`
}

// drain returns the progress of a drain, or nil if there has been none.
func (h *Handler) drain() *DrainStatus {
	now := h.state.DrainStatus()
	if now.State == "" {
		return nil
	}
	return &DrainStatus{
		State: string(now.State), Began: now.Began, Ends: now.Ends, Share: now.Options.Share,
		Total: now.Total, Left: now.Left, Closed: now.Closed, Rate: now.Rate,
		Delay: now.Options.Delay.Seconds(), Spread: max(0, now.Options.Spread).Seconds(),
		Code: int(now.Options.Code), Reason: now.Options.Reason,
	}
}

func (h *Handler) getDrain(*http.Request) (any, error) {
	return struct {
		Drain *DrainStatus `json:"drain"`
	}{h.drain()}, nil
}

// startDrain starts a drain and answers with its status.
func (h *Handler) startDrain(r *http.Request) (any, error) {
	if h.opts.Drain == nil {
		return nil, notAvailable("drain")
	}
	var request DrainRequest
	if err := readJSON(r, &request); err != nil {
		return nil, err
	}
	switch err := h.opts.Drain(request); {
	case errors.Is(err, linger.ErrDraining):
		return nil, &apiError{http.StatusConflict, "draining", err.Error()}
	case errors.Is(err, linger.ErrHandingOver):
		return nil, &apiError{http.StatusConflict, "upgrading", err.Error()}
	case err != nil:
		return nil, badRequest("bad_drain", "%v", err)
	}
	return h.getDrain(r)
}

// cancelDrain ends a drain; the server is ready again.
func (h *Handler) cancelDrain(r *http.Request) (any, error) {
	if h.opts.CancelDrain == nil {
		return nil, notAvailable("drain")
	}
	if err := h.opts.CancelDrain(); err != nil {
		return nil, &apiError{http.StatusConflict, "ending", err.Error()}
	}
	return h.getDrain(r)
}
