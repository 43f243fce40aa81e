package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/cmd/linger/internal/systemd"
	"github.com/lingerws/linger/internal/handover"
)

// handoverFlags are the flags for upgrades: a new process takes over the listeners and the connections of this one.
type handoverFlags struct {
	HandoverTimeout duration `default:"30s" reload:"live" help:"Time that a new process has for loading the application, before anything moves to it. After it the new process is killed, and the old one goes on."`
	HandoverDrain   duration `default:"30s" reload:"live" help:"Time that events and requests in progress have in the old process. After it they fail, and their connections move."`
	HandoverLinger  duration `default:"1h" reload:"live" help:"Time that connections which cannot move, such as those with TLS, may stay in the old process. After it they are closed with 1012."`
	PidFile         string   `path:"file" placeholder:"FILE" help:"File that has the id of the process: that of the new one after an upgrade. It is removed at the end."`
}

// transfer is what an upgrade needs of a server, and what it has for one.
type transfer struct {
	link    *net.UnixConn
	limits  handoverFlags
	kill    func()          // ends the new process, and returns when it has ended
	exited  <-chan struct{} // closed when the new process has ended
	version string          // of this binary

	pause     func()                          // stops accepting connections
	resume    func()                          // accepts again, after the upgrade has failed
	committed func()                          // the new process has taken over
	progress  func(phase string, moved int)   // is called at the beginning of each phase, with the number of connections that have moved by then
	requests  func(ctx context.Context) error // blocks until the HTTP requests in progress have been answered
}

// transferReport is the result of a transfer.
type transferReport struct {
	version      string // of the new process
	committed    bool   // the new process has taken over
	moved        int
	givenUp      int                  // events in progress that have taken too long
	fixed        []admin.UpgradeFixed // connections that have not moved
	rounds, lost int
	pause, total time.Duration
}

// transferable is what can be handed over to another process.
type transferable interface {
	// handOver hands over, and blocks until nothing is left in this process.
	handOver(ctx context.Context, t transfer) (transferReport, error)

	// fixed returns the number of connections that move, and the reasons for which others do not.
	fixed() (movable int, fixed []admin.UpgradeFixed)

	// left returns the number of connections in this process.
	left() int
}

// upgrades starts new processes to which this one hands over, and knows how that goes on.
type upgrades struct {
	server  transferable
	flags   func() handoverFlags // returns those in force
	sockets sockets
	program string // the path of the binary that this process was started from
	log     *slog.Logger
	manager *systemd.Notifier
	record  func(text string, ok bool) // records the end of an upgrade in the timeline
	counted entryCounter
	stop    func() // is called when a new process has taken over
	retry   func() // is called after a failure: what was refused during the upgrade can be tried again
	signals <-chan os.Signal
	admin   *administration // nil if it is off
	old     *predecessor    // nil unless this process has taken over

	taken chan struct{} // closed when a new process has taken over
	left  chan struct{} // closed after taken, when nothing is left in this process

	mu      sync.Mutex
	servers []*http.Server       // nil before serve
	status  *admin.UpgradeStatus // nil without an upgrade
	cancel  context.CancelFunc   // of the upgrade in progress; nil if there is none
	done    chan struct{}        // closed at the end of the upgrade in progress
	closing bool                 // the process ends: no upgrade begins
}

func newUpgrades(server transferable, flags func() handoverFlags, s sockets, p *process) *upgrades {
	return &upgrades{
		server: server, flags: flags, sockets: p.sockets(s), program: programPath(), log: p.log.Logger, manager: p.manager,
		record: p.admin.recordUpgrade, counted: p.admin.counter(), stop: func() {}, retry: func() {}, signals: p.signals.upgrade, admin: p.admin,
		old: p.old, taken: make(chan struct{}), left: make(chan struct{}),
	}
}

var errNotLinux = fmt.Errorf("connections can be handed over to another process on Linux only; drain this server and start another one: %w", errors.ErrUnsupported)

var errFirstProcess = fmt.Errorf("this is process 1 of its container, which ends with it: replace the container, and drain this one; or run linger below an init process such as tini: %w", errors.ErrUnsupported)

// request begins an upgrade in the background. binary is the path of the new binary, "" for that of this process.
func (u *upgrades) request(r admin.UpgradeRequest) error {
	switch {
	case runtime.GOOS != "linux":
		return errNotLinux
	case os.Getpid() == 1 && !r.DryRun:
		return errFirstProcess
	}
	binary, err := u.binary(r.Binary)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	arriving := u.old.inProgress()
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.closing || u.cancel != nil || u.servers == nil || arriving {
		cancel()
		return admin.ErrUpgrading
	}
	u.cancel, u.done = cancel, make(chan struct{})
	u.status = &admin.UpgradeStatus{
		State: admin.UpgradeStarting, Phase: string(handover.PhaseHello), Began: time.Now(), DryRun: r.DryRun, Old: os.Getpid(), Binary: binary,
		Fixed: []admin.UpgradeFixed{}, Output: []string{},
	}
	go u.run(ctx, binary, r.DryRun, u.done)
	return nil
}

// serve begins to accept upgrades, also those that signals ask for. taken is closed when a new process has taken over from this one, which
// serves with the servers, and left when nothing is left here. A nil upgrades accepts none.
func (u *upgrades) serve(servers []*http.Server) (taken, left <-chan struct{}) {
	if u == nil {
		return nil, nil
	}
	u.mu.Lock()
	u.servers = servers
	u.mu.Unlock()
	go func() {
		for range u.signals {
			if err := u.request(admin.UpgradeRequest{}); err != nil {
				u.log.Warn("signal ignored: no upgrade begins", "error", err)
			}
		}
	}()
	return u.taken, u.left
}

// requests blocks until the HTTP requests in progress have been answered, and ends the HTTP servers.
func (u *upgrades) requests(ctx context.Context) error {
	err := u.sockets.settled(ctx)
	ended := make(chan error)
	for _, server := range u.servers {
		go func() { ended <- server.Shutdown(ctx) }()
	}
	go func() { ended <- u.admin.retire(ctx) }()
	for range len(u.servers) + 1 {
		err = errors.Join(err, <-ended)
	}
	return err
}

// current returns a copy of the status, nil if there has been no upgrade.
func (u *upgrades) current() *admin.UpgradeStatus {
	u.mu.Lock()
	s := u.status
	if s != nil {
		copied := *s
		s = &copied
	}
	u.mu.Unlock()
	switch {
	case s == nil:
		return u.old.status()
	case !s.State.Ended():
		s.Left = u.server.left()
	}
	return s
}

// update changes the status.
func (u *upgrades) update(change func(*admin.UpgradeStatus)) {
	u.mu.Lock()
	defer u.mu.Unlock()
	change(u.status)
}

// close ends an upgrade that has not been committed, so that the process can shut down, and refuses further ones.
func (u *upgrades) close() {
	if u == nil {
		return
	}
	u.mu.Lock()
	u.closing = true
	cancel, done := u.cancel, u.done
	u.mu.Unlock()
	if cancel == nil {
		return
	}
	cancel()
	select {
	case <-done:
	case <-u.taken:
	}
}

// hasMoved reports whether a new process has taken over.
func (u *upgrades) hasMoved() bool {
	if u == nil {
		return false
	}
	select {
	case <-u.taken:
		return true
	default:
		return false
	}
}
