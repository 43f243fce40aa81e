package lease

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/latch"
)

// Options are the options of a [Manager]. Store, Node and Nodes are required.
type Options struct {
	Store Store
	Node  string // the name of this node

	// TTL is the time after which other nodes may take what a node owns that does not renew its lease; 0 means [DefaultTTL]. It has to be the same on all nodes.
	TTL time.Duration

	// Nodes returns the names of the nodes that are connected, this one included. An object that has no owner is placed on one of them.
	Nodes func() []string

	// Lost is called when this node has lost its lease, or could not renew it in time. From then on Holds returns false for all objects that
	// it has held. When Lost returns, none of them may have an effect any more; it should not take longer than a tenth of TTL. Then the manager takes a new lease.
	Lost func()

	// Ended is called when the lease of another node has ended, so that what that node has owned can be taken. It must not block.
	Ended func(node string)

	// Incarnation is what [Manager.Yield] has returned in another process that had this node before; "" if there was none.
	Incarnation string

	// MaxHeld bounds the objects that this node holds at the same time; 0 means [DefaultMaxHeld]. Others are refused with [ErrFull].
	MaxHeld int

	Logger *slog.Logger // nil means [slog.Default]

	clock *clock // of tests
}

// Defaults of [Options].
const (
	DefaultTTL     = 10 * time.Second
	DefaultMaxHeld = 100_000
)

// The lease of a node is renewed four times in its TTL. The node ends it a fifth of TTL before others do, so that the clocks of two nodes
// may differ in their rates by a tenth, and Lost has another tenth.
const (
	renewals     = 4
	marginDivide = 5
	checks       = 10 // in a TTL a node looks as often whether the leases of others have ended
)

// Errors of a [Manager]. All but ErrNameTaken may pass: the operation can be repeated after some time.
var (
	ErrUnavailable = errors.New("lease: the object cannot be placed at the moment, because the store of the cluster does not answer or this node has no lease; retry")
	ErrFull        = errors.New("lease: this node holds as many objects as it may; retry after some have been released")
	ErrClosed      = errors.New("lease: this node has left the cluster; retry on another one")
	ErrNameTaken   = errors.New("lease: another process has the name of this node and renews its lease; give each node a name of its own")
)

// Manager has the lease of a node, and places objects on nodes. Methods may be called from any goroutine.
type Manager struct {
	options Options
	clock   clock
	nodes   nodes
	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	ended   sync.WaitGroup // the goroutines of the manager

	mu       sync.Mutex
	began    bool
	closed   bool
	retiring bool
	yielded  bool       // another process may have the lease
	own      string     // the incarnation that the node has, or tries to get
	lease    *nodeLease // nil while the node has none
	failure  error      // why the manager has given up
	changed  latch.Latch
	held     map[string]uint64        // the tokens of the objects that this node holds
	turns    map[string]chan struct{} // closed at the end of the operation in progress for a key
	stats    Stats

	wake chan struct{} // has an element if the lease has to be renewed at once
}

// nodeLease is the lease of this node. Its fields are guarded by Manager.mu.
type nodeLease struct {
	incarnation string
	since       uint64 // the first revision with this incarnation
	revision    uint64 // the last one
	deadline    moment // the node holds nothing from then on
}

// Stats are numbers since the manager was made, except Owned and Remaining.
type Stats struct {
	Owned      int           // objects that this node holds
	Remaining  time.Duration // the time to the end of the lease if it is not renewed; 0 if the node has none
	Placements uint64        // placements that the store has decided
	Takeovers  uint64        // objects that this node has taken after their node had died
	Released   uint64        // objects that it has released
	Lost       uint64        // how often it has lost its lease
	Failed     uint64        // operations of the store that have failed
}

// New returns a manager that does nothing before Start.
func New(options Options) *Manager {
	if options.TTL == 0 {
		options.TTL = DefaultTTL
	}
	if options.MaxHeld == 0 {
		options.MaxHeld = DefaultMaxHeld
	}
	if options.Logger == nil {
		options.Logger = slog.Default()
	}
	if options.Lost == nil {
		options.Lost = func() {}
	}
	if options.Ended == nil {
		options.Ended = func(string) {}
	}
	m := &Manager{options: options, clock: systemClock, held: map[string]uint64{}, turns: map[string]chan struct{}{}, wake: make(chan struct{}, 1)}
	if options.clock != nil {
		m.clock = *options.clock
	}
	m.nodes = nodes{clock: m.clock, ended: options.Ended, leases: map[string]observed{}}
	m.ctx, m.cancel = context.WithCancel(context.Background())
	return m
}

// Start takes the lease of the node. If a process with the same name has ended without releasing its lease, Start waits until that has ended. If ctx ends
// before, the error is [ErrUnavailable], and the manager goes on trying until Close. The error is [ErrNameTaken] if another process renews the lease.
func (m *Manager) Start(ctx context.Context) error {
	m.mu.Lock()
	if !m.began && !m.closed {
		m.began = true
		m.ended.Go(m.run)
		m.ended.Go(m.expire)
	}
	m.mu.Unlock()
	for {
		m.mu.Lock()
		lease, failure, next := m.lease, m.failure, m.changed.Next()
		m.mu.Unlock()
		if failure != nil || lease != nil {
			return failure
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ErrUnavailable
		case <-m.ctx.Done():
			return ErrClosed
		}
	}
}

// Holds reports whether this node holds an object now, and returns its token. The answer is that of this moment; what must not happen after the loss of the
// object has to be checked where it has its effect.
func (m *Manager) Holds(key string) (token uint64, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if token, ok = m.held[key]; !ok || !m.valid() {
		return 0, false
	}
	return token, true
}

// valid reports whether this process has a lease that has not ended. mu is held.
func (m *Manager) valid() bool {
	return m.lease != nil && !m.yielded && m.clock.until(m.lease.deadline) > 0
}

// Stats returns the numbers for metrics.
func (m *Manager) Stats() Stats {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.stats
	s.Owned = len(m.held)
	if m.lease != nil {
		s.Remaining = max(0, m.clock.until(m.lease.deadline))
	}
	return s
}

// call calls an operation of the store, for a time at most.
func (m *Manager) call(ctx context.Context, limit time.Duration, operation func(ctx context.Context) error) error {
	ctx, cancel := m.clock.timeout(ctx, limit)
	defer cancel()
	err := operation(ctx)
	if err != nil && !isDecided(err) {
		m.mu.Lock()
		m.stats.Failed++
		m.mu.Unlock()
	}
	return err
}

// isDecided reports whether an error of the store is its answer.
func isDecided(err error) bool { return errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) }

func newIncarnation() string { return rand.Text() }
