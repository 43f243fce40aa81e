package lease_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/lease"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/internal/race"
)

// The model: some nodes place some objects all the time, while the store is cut off, slow, and loses answers, nodes pause, crash and start
// again, and their clocks run at different rates. At each moment one node at most may be active for an object.

const (
	modelTTL  = 10 * time.Second
	modelTime = 90 * time.Second
)

var modelKeys = []string{"object/Room/a", "object/Room/b", "object/Room/c"}

var modelSeed = flag.Uint64("seed", 0, "run the schedule of TestManagerModel with this seed")

func TestManagerModel(t *testing.T) {
	schedules := 200
	if race.Enabled {
		schedules = 40
	}
	if testing.Short() {
		schedules /= 10
	}
	first := *modelSeed
	if first == 0 {
		first = rand.Uint64()
	} else {
		schedules = 1
	}
	for i := range schedules {
		seed := first + uint64(i)
		if !t.Run(fmt.Sprint("seed=", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { newModel(t, seed).run() })
		}) {
			return
		}
	}
}

type model struct {
	t       *testing.T
	random  *rand.Rand
	cluster *memcluster.Cluster
	nodes   []*modelNode

	mu     sync.Mutex
	tokens map[string]uint64 // the highest token with which a node was active, by key
	actor  map[string]string // the node that had it
}

type modelNode struct {
	*model
	name string
	rate float64

	mu      sync.Mutex
	manager *lease.Manager // nil while the node is down
	store   *modelStore
	member  *memcluster.Node
	active  map[string]uint64
}

func newModel(t *testing.T, seed uint64) *model {
	m := &model{t: t, random: rand.New(rand.NewPCG(seed, 0)), cluster: memcluster.New(), tokens: map[string]uint64{}, actor: map[string]string{}}
	for i := range 3 + m.random.IntN(3) {
		m.nodes = append(m.nodes, &modelNode{model: m, name: string(rune('a' + i)), rate: 0.975 + m.random.Float64()*0.05})
	}
	return m
}

func (m *model) run() {
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for _, n := range m.nodes {
		n.start()
		seed := m.random.Uint64()
		all.Go(func() { n.work(ctx, rand.New(rand.NewPCG(seed, 1))) })
	}
	all.Go(func() { m.check(ctx) })
	for end := time.Now().Add(modelTime); time.Now().Before(end) && !m.t.Failed(); {
		time.Sleep(time.Duration(m.random.Int64N(int64(modelTTL / 2))))
		m.fault()
	}
	m.heal()
	cancel()
	all.Wait()
	m.settled()
	for _, n := range m.nodes {
		n.stop()
	}
	time.Sleep(2 * modelTTL) // for what is on its way
}

// fault does something that should not happen to a random node, or undoes it.
func (m *model) fault() {
	n := m.nodes[m.random.IntN(len(m.nodes))]
	switch m.random.IntN(8) {
	case 0, 1:
		m.cluster.CutStore(n.name, true)
	case 2:
		m.cluster.CutStore(n.name, false)
	case 3:
		n.delay(time.Duration(m.random.Int64N(int64(modelTTL))))
	case 4:
		n.delay(time.Duration(m.random.Int64N(int64(modelTTL / 20))))
	case 5:
		n.crash()
	case 6:
		n.start()
	case 7:
		m.cluster.Cut(n.name, m.nodes[m.random.IntN(len(m.nodes))].name)
	}
}

func (m *model) heal() {
	m.cluster.Heal()
	for _, n := range m.nodes {
		m.cluster.CutStore(n.name, false)
		n.store.reliable()
	}
}

// settled checks that some time after the last fault all nodes agree on the owner of each object. Those that have just been started wait for the
// lease that they had before, and a request that was on its way for a TTL may have renewed that of a node that has crashed.
func (m *model) settled() {
	time.Sleep(7 * modelTTL / 2)
	for _, key := range modelKeys {
		var owner string
		for _, n := range m.nodes {
			if n.manager == nil {
				continue
			}
			p, err := n.manager.Place(context.Background(), key)
			if err == nil && m.node(p.Node).manager == nil {
				m.t.Errorf("node %s places %s on node %s, which is down", n.name, key, p.Node)
				continue
			}
			if err == nil && p.Node != n.name {
				p, err = m.node(p.Node).manager.Take(context.Background(), key)
			}
			if err != nil {
				m.t.Errorf("%s: node %s cannot place %s some time after the last fault: %v", time.Now().Format("05.000"), n.name, key, err)
			} else if owner != "" && p.Node != owner {
				m.t.Errorf("%s: node %s places %s on %s, others on %s", time.Now().Format("05.000"), n.name, key, p.Node, owner)
			}
			owner = p.Node
		}
	}
}

func (m *model) node(name string) *modelNode {
	for _, n := range m.nodes {
		if n.name == name {
			return n
		}
	}
	return nil
}

// check looks all the time for two nodes that are active for the same object.
func (m *model) check(ctx context.Context) {
	for ctx.Err() == nil && !m.t.Failed() {
		for _, key := range modelKeys {
			actors := 0
			for _, n := range m.nodes {
				if token, ok := n.isActive(key); ok {
					actors++
					m.acted(n.name, key, token)
				}
			}
			if actors > 1 {
				m.t.Errorf("%d nodes are active for %s", actors, key)
			}
		}
		time.Sleep(modelTTL / 500)
	}
}

func (m *model) acted(node, key string, token uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if last := m.tokens[key]; token < last || token == last && m.actor[key] != node {
		m.t.Errorf("node %s acts for %s with token %d after node %s had %d", node, key, token, m.actor[key], last)
	}
	m.tokens[key], m.actor[key] = token, node
}

// isActive reports whether the node may act for an object: from the moment at which it has placed it here until Lost has returned.
func (n *modelNode) isActive(key string) (token uint64, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.manager != nil {
		if held, ok := n.manager.Holds(key); ok {
			return held, true
		}
	}
	token, ok = n.active[key]
	return token, ok
}

func (n *modelNode) start() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.manager != nil {
		return
	}
	n.member = n.cluster.Join(n.name)
	n.store = &modelStore{Store: n.member.Store(), random: rand.New(rand.NewPCG(n.random.Uint64(), 2)), loss: 3}
	n.active = map[string]uint64{}
	options := lease.Options{
		Store: n.store, Node: n.name, TTL: modelTTL, Nodes: n.member.Nodes, Logger: slog.New(slog.DiscardHandler),
		Lost: func() {
			time.Sleep(modelTTL / 10) // as long as it may take
			n.mu.Lock()
			defer n.mu.Unlock()
			clear(n.active)
		},
	}
	options.SetRate(n.rate)
	n.manager = lease.New(options)
	manager := n.manager
	go func() { _ = manager.Start(context.Background()) }()
}

// crash ends the node without anything that it could do about it.
func (n *modelNode) crash() {
	n.mu.Lock()
	manager := n.manager
	n.manager, n.active = nil, nil
	n.mu.Unlock()
	if manager == nil {
		return
	}
	n.member.Leave()
	n.store.end()
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	_ = manager.Close(ended)
}

func (n *modelNode) stop() {
	n.mu.Lock()
	manager := n.manager
	n.manager, n.active = nil, nil
	n.mu.Unlock()
	if manager != nil {
		if err := manager.Close(context.Background()); err != nil {
			n.t.Errorf("node %s cannot release its lease: %v", n.name, err)
		}
		n.member.Leave()
	}
}

func (n *modelNode) delay(d time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.store.delay(d)
}

// work places, uses and releases objects.
func (n *modelNode) work(ctx context.Context, random *rand.Rand) {
	for ctx.Err() == nil {
		time.Sleep(time.Duration(random.Int64N(int64(modelTTL / 10))))
		n.mu.Lock()
		manager := n.manager
		n.mu.Unlock()
		if manager == nil {
			continue
		}
		key := modelKeys[random.IntN(len(modelKeys))]
		switch random.IntN(6) {
		case 0:
			n.release(ctx, manager, key)
		case 1:
			n.placed(manager, key, manager.Take)
		default:
			n.placed(manager, key, manager.Place)
		}
	}
}

func (n *modelNode) placed(manager *lease.Manager, key string, place func(context.Context, string) (lease.Placement, error)) {
	p, err := place(context.Background(), key)
	if err != nil && !errors.Is(err, lease.ErrUnavailable) && !errors.Is(err, lease.ErrClosed) {
		n.t.Errorf("node %s cannot place %s: %v", n.name, key, err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if token, ok := manager.Holds(key); ok && err == nil && n.manager == manager && token == p.Token {
		n.active[key] = token
	}
}

func (n *modelNode) release(ctx context.Context, manager *lease.Manager, key string) {
	n.mu.Lock()
	if n.manager == manager {
		delete(n.active, key)
	}
	n.mu.Unlock()
	_ = manager.Release(ctx, key)
}

// modelStore is the connection of a node to the store. It is slow at times, and loses answers.
type modelStore struct {
	lease.Store

	mu     sync.Mutex
	random *rand.Rand
	pause  time.Duration
	loss   int // in percent of the requests, and of the answers
	ended  bool
}

var errLost = errors.New("the connection to the store has ended")

func (s *modelStore) delay(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pause = d
}

// reliable ends what goes wrong with the connection.
func (s *modelStore) reliable() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pause, s.loss = 0, 0
}

func (s *modelStore) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
}

// plan returns how long a request and its answer take, and whether they are lost.
func (s *modelStore) plan() (request, answer time.Duration, requestLost, answerLost bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	ordinary := func() time.Duration { return time.Duration(s.random.Int64N(int64(10 * time.Millisecond))) }
	request, answer = ordinary(), ordinary()
	if s.pause > 0 {
		request += time.Duration(s.random.Int64N(int64(s.pause)))
		answer += time.Duration(s.random.Int64N(int64(s.pause)))
	}
	return request, answer, s.ended || s.random.IntN(100) < s.loss, s.random.IntN(100) < s.loss
}

// do performs an operation, which may happen after its caller has given it up.
func (s *modelStore) do(ctx context.Context, operation func() error) error {
	request, answer, requestLost, answerLost := s.plan()
	result := make(chan error, 1)
	if !requestLost {
		go func() {
			time.Sleep(request)
			err := operation()
			time.Sleep(answer)
			if !answerLost {
				result <- err
			}
		}()
	}
	select {
	case err := <-result:
		return err
	case <-ctx.Done():
		return errLost
	}
}

func (s *modelStore) Get(ctx context.Context, key string) (e lease.Entry, err error) {
	found := make(chan lease.Entry, 1)
	err = s.do(ctx, func() error {
		e, err := s.Store.Get(context.Background(), key)
		found <- e
		return err
	})
	if err == nil {
		e = <-found
	}
	return e, err
}

func (s *modelStore) Create(ctx context.Context, key string, value []byte) (uint64, error) {
	return s.change(ctx, func() (uint64, error) { return s.Store.Create(context.Background(), key, value) })
}

func (s *modelStore) Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	return s.change(ctx, func() (uint64, error) { return s.Store.Update(context.Background(), key, value, revision) })
}

func (s *modelStore) Delete(ctx context.Context, key string, revision uint64) error {
	return s.do(ctx, func() error { return s.Store.Delete(context.Background(), key, revision) })
}

func (s *modelStore) change(ctx context.Context, change func() (uint64, error)) (revision uint64, err error) {
	changed := make(chan uint64, 1)
	err = s.do(ctx, func() error {
		revision, err := change()
		changed <- revision
		return err
	})
	if err == nil {
		revision = <-changed
	}
	return revision, err
}
