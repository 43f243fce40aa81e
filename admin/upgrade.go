package admin

import (
	"errors"
	"net/http"
	"time"
)

// UpgradeRequest is the body of POST /v1/upgrade. What is omitted has the value of the server's own options.
type UpgradeRequest struct {
	Binary string `json:"binary"` // path of the new binary; "" for the one that the server was started from
	DryRun bool   `json:"dryRun"` // nothing moves: the new binary loads the application and ends
}

// UpgradeState is a state of an upgrade.
type UpgradeState string

// The states. After the last three nothing more happens.
const (
	UpgradeStarting UpgradeState = "starting" // the new process loads the application
	UpgradeMoving   UpgradeState = "moving"   // connections are being sent; they stand still for a moment only
	UpgradeDraining UpgradeState = "draining" // the new process serves; the old one has connections left
	UpgradeComplete UpgradeState = "complete" // the old process has nothing left
	UpgradeChecked  UpgradeState = "checked"  // the end of a dry run without faults
	UpgradeFailed   UpgradeState = "failed"   // the old process has gone on as before
)

// Ended reports whether nothing more happens in a state.
func (s UpgradeState) Ended() bool {
	return s == UpgradeComplete || s == UpgradeChecked || s == UpgradeFailed
}

// UpgradeStatus is the progress of an upgrade, or of the last one, as one of the two processes knows it. Durations are in seconds.
type UpgradeStatus struct {
	State  UpgradeState `json:"state"`
	Phase  string       `json:"phase"` // of the hand-over, as docs/upgrade.md lists them; "" in the new process
	Began  time.Time    `json:"began"`
	Ended  *time.Time   `json:"ended"`  // null as long as it is in progress
	DryRun bool         `json:"dryRun"` // nothing moves
	Old    int          `json:"old"`    // id of the old process
	New    int          `json:"new"`    // id of the new process, which has the connections when the state is draining or complete; 0 before it has been started
	Binary string       `json:"binary"`

	Version string  `json:"version"` // of the new binary; "" as long as it is not known
	Moved   int     `json:"moved"`   // connections that belong to the new process
	Left    int     `json:"left"`    // connections that the old process has
	Pause   float64 `json:"pause"`   // in which connections stood still; 0 before that is known

	Fixed []UpgradeFixed `json:"fixed"` // connections that do not move, by the reason

	Reason string   `json:"reason"` // why it has failed, as an identifier such as "timeout"; otherwise ""
	Error  string   `json:"error"`  // why it has failed, for people
	Output []string `json:"output"` // the last lines that a new process has written to standard error before it failed
}

// UpgradeFixed is a reason for which connections do not move.
type UpgradeFixed struct {
	Reason      string `json:"reason"`
	Connections int    `json:"connections"`
}

// ErrUpgrading is the error of Options.Upgrade while an upgrade is in progress.
var ErrUpgrading = errors.New("an upgrade is in progress")

// upgradeAnswer is the answer of /v1/upgrade.
type upgradeAnswer struct {
	Upgrade *UpgradeStatus `json:"upgrade"` // null if there has been none
}

func (h *Handler) getUpgrade(*http.Request) (any, error) {
	if h.opts.UpgradeStatus == nil {
		return upgradeAnswer{}, nil
	}
	return upgradeAnswer{h.opts.UpgradeStatus()}, nil
}

// startUpgrade starts an upgrade and answers with its status.
func (h *Handler) startUpgrade(r *http.Request) (any, error) {
	if h.opts.Upgrade == nil {
		return nil, notAvailable("upgrade")
	}
	var request UpgradeRequest
	if err := readJSON(r, &request); err != nil {
		return nil, err
	}
	switch err := h.opts.Upgrade(request); {
	case errors.Is(err, ErrUpgrading):
		return nil, &apiError{http.StatusConflict, "upgrading", err.Error()}
	case errors.Is(err, errors.ErrUnsupported):
		return nil, &apiError{http.StatusNotImplemented, "not_available", err.Error()}
	case err != nil:
		return nil, badRequest("bad_upgrade", "%v", err)
	}
	return h.getUpgrade(r)
}
