package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"

	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/cmd/linger/internal/adminclient"
)

// upgradeCommand has a running server hand over to a new process.
type upgradeCommand struct {
	clientFlags

	Binary string `type:"path" placeholder:"PATH" help:"The new binary, an absolute path on the machine of the server. Default: the path that the server was started from, whose file may have been replaced."`
	DryRun bool   `help:"Move nothing: start the new binary, have it load the configuration and the application, and report what would move."`
	Detach bool   `help:"Do not wait for the end of the upgrade."`
}

// upgradeReply is the answer of the admin API to requests about upgrades.
type upgradeReply struct {
	Upgrade *admin.UpgradeStatus `json:"upgrade"`
}

// Run starts an upgrade, and reports its progress until the old process has nothing left, or the upgrade has failed.
func (c *upgradeCommand) Run(out *streams) error {
	client, err := c.client()
	if err != nil {
		return err
	}
	request := admin.UpgradeRequest{Binary: c.Binary, DryRun: c.DryRun}
	if request.Binary != "" && !filepath.IsAbs(request.Binary) {
		return fmt.Errorf("--binary: %q is not an absolute path", request.Binary)
	}
	var reply upgradeReply
	if err := ask(client, http.MethodPost, "/v1/upgrade", nil, adminclient.JSON(request), &reply); err != nil {
		return err
	}
	if reply.Upgrade == nil {
		return errors.New("the server has no upgrade: it is shutting down")
	}
	if c.Detach {
		return c.print(out, reply.Upgrade)
	}
	return c.follow(client, out, reply.Upgrade)
}

// follow prints the progress of an upgrade until it ends. The old process answers first, and the new one after it has taken over.
func (c *upgradeCommand) follow(client *adminclient.Client, out *streams, s *admin.UpgradeStatus) error {
	old, printed, unanswered := s.Old, "", time.Time{}
	for {
		if text := s.Phase + string(s.State); text != printed && !s.State.Ended() {
			printed = text
			if err := c.print(out, s); err != nil {
				return err
			}
		}
		if s.State.Ended() {
			return errors.Join(c.print(out, s), failureOf(s))
		}
		time.Sleep(pollInterval)
		var reply upgradeReply
		err := ask(client, http.MethodGet, "/v1/upgrade", nil, nil, &reply)
		switch {
		case err == nil && reply.Upgrade == nil, err == nil && reply.Upgrade.Old != old:
			return errors.New("the server knows nothing of the upgrade: it was restarted")
		case err == nil:
			s, unanswered = reply.Upgrade, time.Time{}
		case !isGone(err):
			return err
		case unanswered.IsZero():
			unanswered = time.Now()
		case time.Since(unanswered) > goneTimeout:
			return fmt.Errorf("the server has stopped answering, and the result is not known; see its log: %w", err)
		}
	}
}

// goneTimeout bounds the time in which neither process answers: the old one has stopped accepting requests, and the new one has not begun.
const goneTimeout = 15 * time.Second

// failureOf returns the error for an upgrade that has ended, nil if it has succeeded.
func failureOf(s *admin.UpgradeStatus) error {
	if s.State != admin.UpgradeFailed {
		return nil
	}
	if s.DryRun {
		return errors.New("the new binary could not take over: " + s.Error)
	}
	return errors.New("the upgrade has failed, and the old process goes on: " + s.Error)
}

// print prints the state of an upgrade.
func (c *upgradeCommand) print(out *streams, s *admin.UpgradeStatus) error {
	if c.JSON {
		return out.printJSON(s)
	}
	switch s.State {
	case admin.UpgradeStarting:
		out.out.printf("process %d starts %s: %s\n", s.Old, s.Binary, describePhase(s.Phase))
	case admin.UpgradeMoving:
		out.out.printf("%s of process %d: %s\n", plural(s.Left, "connection"), s.Old, describePhase(s.Phase))
	case admin.UpgradeDraining:
		out.out.printf("process %d serves; process %d ends when nothing is left in it\n", s.New, s.Old)
	case admin.UpgradeComplete:
		out.out.printf("upgraded to %s: process %d has taken over %s of process %d\n", cmp.Or(s.Version, s.Binary), s.New, plural(s.Moved, "connection"), s.Old)
	case admin.UpgradeChecked:
		out.out.printf("%s, version %s, could take over: %s would move\n", s.Binary, s.Version, plural(s.Moved, "connection"))
		for _, f := range s.Fixed {
			out.out.printf("%s would not move: %s\n", plural(f.Connections, "connection"), f.Reason)
		}
	case admin.UpgradeFailed:
		for _, line := range s.Output {
			out.err.printf("process %d: %s\n", s.New, line)
		}
	}
	return nil
}
