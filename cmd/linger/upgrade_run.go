package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/internal/handover"
)

// run is one upgrade. done is closed at its end.
func (u *upgrades) run(ctx context.Context, binary string, dryRun bool, done chan struct{}) {
	defer close(done)
	limits := u.flags()
	if !dryRun {
		u.manager.Reloading()
		u.counted.HandoverBegun()
	}
	u.log.Info("upgrade: starting a new process", "binary", binary, "dry_run", dryRun)
	child, err := u.start(binary)
	if err != nil {
		u.failed(dryRun, &handover.Error{Reason: handover.ReasonExited, Text: "the binary cannot be started", Err: err}, nil)
		return
	}
	defer child.close()
	u.update(func(s *admin.UpgradeStatus) { s.New = child.pid() })
	var report transferReport
	if dryRun {
		report, err = u.probe(ctx, child, limits)
	} else {
		report, err = u.handOver(ctx, child, limits)
	}
	switch {
	case err != nil && !report.committed:
		child.Kill() // it may have ended
		u.failed(dryRun, err, child.output())
	case dryRun:
		u.checked(report)
	default:
		u.complete(report, err)
	}
}

// probe starts the new binary and ends it when it is ready.
func (u *upgrades) probe(ctx context.Context, child *child, limits handoverFlags) (transferReport, error) {
	r, err := handover.Probe(ctx, child.Link, handover.GiveOptions{
		Version: versionNumber(), ReadyTimeout: time.Duration(limits.HandoverTimeout),
		Kill: child.Kill, Exited: child.Exited(), Progress: func(p handover.Phase, _ handover.Report) { u.progress(string(p), 0) },
	})
	return transferReport{version: r.Version, total: r.Total}, err
}

// handOver hands over to the new process, and blocks until nothing is left here.
func (u *upgrades) handOver(ctx context.Context, child *child, limits handoverFlags) (transferReport, error) {
	return u.server.handOver(ctx, transfer{
		link: child.Link, limits: limits, kill: child.Kill, exited: child.Exited(), version: versionNumber(),
		pause:    u.sockets.pause,
		resume:   u.sockets.resume,
		progress: u.progress,
		committed: func() {
			u.sockets.own(false)
			u.manager.Succeeded(child.pid())
			go u.manager.Close() // the rest is said by the new process
			u.update(func(s *admin.UpgradeStatus) { s.State = admin.UpgradeDraining })
			close(u.taken)
			u.stop()
			u.log.Info("upgrade: the new process has taken over", "process", child.pid(), "left", u.server.left())
		},
		requests: u.requests,
	})
}

// progress follows the phases of a hand-over.
func (u *upgrades) progress(phase string, moved int) {
	u.log.Info("upgrade: "+describePhase(phase), "moved", moved)
	u.update(func(s *admin.UpgradeStatus) {
		s.Phase, s.Moved = phase, moved
		switch handover.Phase(phase) {
		case handover.PhaseAnnounce, handover.PhaseSettle, handover.PhaseFreeze, handover.PhaseCommit:
			s.State = admin.UpgradeMoving
		case handover.PhaseHello, handover.PhaseReady, handover.PhaseDrain, handover.PhaseLinger, handover.PhaseDone: // committed sets the state
		}
	})
}

// describePhase returns what happens in a phase.
func describePhase(phase string) string {
	texts := map[handover.Phase]string{
		handover.PhaseHello:    "waiting for the new process",
		handover.PhaseReady:    "the new process loads the application",
		handover.PhaseAnnounce: "announcing the connections, which go on",
		handover.PhaseSettle:   "waiting for objects to be at rest",
		handover.PhaseFreeze:   "moving the connections",
		handover.PhaseCommit:   "the new process takes over",
		handover.PhaseDrain:    "events in progress finish in this process",
		handover.PhaseLinger:   "waiting for what cannot move",
		handover.PhaseDone:     "nothing is left in this process",
	}
	if text := texts[handover.Phase(phase)]; text != "" {
		return text
	}
	return phase
}

// failed ends an upgrade after which this process goes on.
func (u *upgrades) failed(dryRun bool, err error, output []string) {
	reason := handover.ReasonGiver
	if e, ok := errors.AsType[*handover.Error](err); ok {
		reason = e.Reason
	}
	u.log.Error("upgrade failed: this process goes on with all connections", "reason", string(reason), "error", err)
	if !dryRun {
		u.counted.HandoverFailed()
		u.record(fmt.Sprintf("upgrade failed: %v", err), false)
	}
	u.finish(func(s *admin.UpgradeStatus) {
		s.State, s.Reason, s.Error, s.Output = admin.UpgradeFailed, string(reason), err.Error(), append(s.Output, output...)
	})
	u.mu.Lock()
	u.cancel = nil
	u.mu.Unlock()
	if !dryRun {
		u.manager.Ready()
		u.retry()
	}
}

// checked ends a dry run without faults.
func (u *upgrades) checked(report transferReport) {
	movable, fixed := u.server.fixed()
	u.log.Info("upgrade: the new process could take over", "version", report.version, "movable", movable)
	u.finish(func(s *admin.UpgradeStatus) {
		s.State, s.Version, s.Moved, s.Left, s.Fixed = admin.UpgradeChecked, report.version, movable, 0, fixed
		for _, f := range fixed {
			s.Left += f.Connections
		}
	})
	u.mu.Lock()
	u.cancel = nil
	u.mu.Unlock()
}

// complete ends an upgrade after which nothing is left in this process.
func (u *upgrades) complete(report transferReport, err error) {
	if err != nil {
		u.log.Error("upgrade: the link to the new process has ended early: what had not moved has ended in this process", "error", err)
	}
	for _, f := range report.fixed {
		u.log.Info("upgrade: connections did not move", "connections", f.Connections, "reason", f.Reason)
	}
	u.log.Info("upgrade complete: this process ends", "moved", report.moved, "given_up", report.givenUp, "lost", report.lost, "rounds", report.rounds, "pause", report.pause, "took", report.total)
	u.finish(func(s *admin.UpgradeStatus) {
		s.State, s.Version, s.Moved, s.Left, s.Pause = admin.UpgradeComplete, report.version, report.moved, 0, report.pause.Seconds()
		if err != nil {
			s.Error = err.Error()
		}
	})
	close(u.left)
}

// finish changes the status at the end of an upgrade.
func (u *upgrades) finish(change func(*admin.UpgradeStatus)) {
	u.update(func(s *admin.UpgradeStatus) {
		now := time.Now()
		s.Ended = &now
		change(s)
	})
}
