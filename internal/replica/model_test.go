package replica_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/internal/replica"
)

// localDB is the database of a node in memory. What was applied and not synced is lost at a crash.
type localDB struct {
	mu           sync.Mutex
	now, durable contents
	random       *rand.Rand
	free         time.Time // when what was queued has been done
}

// contents are the pages of a database, and its position.
type contents struct {
	pages    map[uint32]string
	size     uint32
	position string
}

func (c contents) clone() contents {
	c.pages = maps.Clone(c.pages)
	return c
}

// apply changes the contents.
func (c *contents) apply(change *replica.Change, position string) {
	c.position = position
	if change == nil {
		return
	}
	if c.pages == nil || change.Replaced {
		c.pages = map[uint32]string{}
	}
	for _, p := range change.Pages {
		c.pages[p.Number] = string(p.Data)
	}
	c.size = change.Size
	maps.DeleteFunc(c.pages, func(number uint32, _ string) bool { return number > c.size })
}

func (d *localDB) Position() (replica.Position, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return replica.ParsePosition(d.now.position)
}

func (d *localDB) Apply(change *replica.Change, position replica.Position) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now.apply(change, position.String())
	return nil
}

func (d *localDB) Sync() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.durable = d.now.clone()
	return nil
}

func (d *localDB) crash() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = d.durable.clone()
}

// Pages returns the database as its pages, which change with it.
func (d *localDB) Pages() (replica.Pages, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return &localPages{d, d.now.size}, nil
}

type localPages struct {
	db   *localDB
	size uint32
}

func (p *localPages) Size() uint32 { return p.size }
func (p *localPages) Close() error { return nil }

func (p *localPages) Read(number uint32, data []byte) error {
	p.db.mu.Lock()
	defer p.db.mu.Unlock()
	clear(data)
	copy(data, p.db.now.pages[number])
	return nil
}

func (d *localDB) Barrier(f func(error)) { d.queue(func() { f(nil) }) }

// queue calls f later, after what was queued before. It stands for the goroutine that passes what is durable to the ship.
func (d *localDB) queue(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if now := time.Now(); d.free.Before(now) {
		d.free = now
	}
	d.free = d.free.Add(1 + time.Duration(d.random.IntN(10))*time.Millisecond)
	time.AfterFunc(time.Until(d.free), f)
}

func (d *localDB) contents() contents {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now.clone()
}

// commit is a transaction of the model.
type commit struct {
	id     int
	parent *commit
	result contents // after it
	acked  bool
}

// includes reports whether other is c or one of the commits before it.
func (c *commit) includes(other *commit) bool {
	for ; c != nil; c = c.parent {
		if c == other {
			return true
		}
	}
	return false
}

// page returns the content of a page that a commit has written.
func page(id int, number uint32) []byte {
	data := make([]byte, replica.PageSize)
	binary.LittleEndian.PutUint64(data, uint64(id))
	binary.LittleEndian.PutUint32(data[8:], number)
	return data
}

// model is a cluster of nodes that write to one object, and what they have committed.
type model struct {
	t       *testing.T
	random  *rand.Rand
	cluster *memcluster.Cluster
	sync    bool
	nodes   []*modelNode
	token   uint64
	commits []*commit

	mu    sync.Mutex    // guards acked of commits, and what follows
	owner *replica.Ship // the ship of the last take; nil while a node takes
	base  *commit       // what the database of the owner had then
}

// unreliableLog is a log whose answers take time, and are lost now and then.
type unreliableLog struct {
	replica.Log
	mu     sync.Mutex
	random *rand.Rand
}

func (l *unreliableLog) Append(ctx context.Context, name string, record []byte, last uint64, done func(uint64, error)) {
	l.mu.Lock()
	before, after, lost := l.delay(), l.delay(), l.random.IntN(20) == 0
	l.mu.Unlock()
	time.AfterFunc(before, func() {
		l.Log.Append(context.WithoutCancel(ctx), name, record, last, func(number uint64, err error) {
			if lost {
				number, err = 0, errors.New("the answer was lost")
			}
			time.AfterFunc(after, func() { done(number, err) })
		})
	})
}

// delay returns the time that a record or an answer takes. mu is held.
func (l *unreliableLog) delay() time.Duration {
	if l.random.IntN(30) == 0 {
		return 2 * time.Second // longer than an attempt
	}
	return time.Duration(l.random.IntN(20)) * time.Millisecond
}

// modelNode is a node. It has the object if ship is not nil, and may be outdated, because another one has taken it.
type modelNode struct {
	name    string
	node    *memcluster.Node
	db      localDB
	shipper *replica.Shipper
	ship    *replica.Ship
	first   bool // nothing was committed since the take
	at      *commit
	cut     bool
}

const object = "Counter/1"

func newModel(t *testing.T, seed uint64, sync bool) *model {
	m := &model{t: t, random: rand.New(rand.NewPCG(seed, 1)), cluster: memcluster.New(), sync: sync}
	for i, name := range []string{"a", "b", "c"} {
		n := &modelNode{name: name, node: m.cluster.Join(name)}
		n.db.random = rand.New(rand.NewPCG(seed, uint64(i+100)))
		n.shipper = replica.NewShipper(replica.Options{
			Log: &unreliableLog{Log: n.node.Store(), random: rand.New(rand.NewPCG(seed, uint64(i+2)))}, Node: name, Sync: sync, SnapshotBytes: 3000, SnapshotRecords: 12, Attempt: time.Second, Lag: 30_000,
		})
		m.nodes = append(m.nodes, n)
	}
	return m
}

// take gives the object to a node, whose database must have everything that was acknowledged then.
func (m *model) take(n *modelNode) {
	if n.ship != nil {
		n.ship.Close(errors.New("the node gives up"))
		n.ship = nil
	}
	m.token++
	m.setOwner(nil, nil)
	ctx, cancel := context.WithTimeout(m.t.Context(), 20*time.Second)
	defer cancel()
	ship, err := n.shipper.Take(ctx, object, m.token, &n.db)
	for errors.Is(err, replica.ErrFenced) { // an earlier owner still writes
		ship, err = n.shipper.Take(ctx, object, m.token, &n.db)
	}
	if n.cut {
		if err == nil {
			m.t.Fatalf("node %s has taken the log without a connection to it", n.name)
		}
		return
	}
	if err != nil {
		m.t.Fatalf("node %s cannot take the log: %v", n.name, err)
	}
	n.ship, n.first, n.at = ship, true, m.check(n)
	m.setOwner(ship, n.at)
}

func (m *model) setOwner(ship *replica.Ship, base *commit) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.owner, m.base = ship, base
}

// ended records the end of a commit.
func (m *model) ended(ship *replica.Ship, c *commit, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case errors.Is(err, replica.ErrFenced) && ship == m.owner && m.base != nil:
		m.t.Errorf("commit %d is refused although no other node has taken the log", c.id)
	case err == nil && m.sync && m.owner != nil && ship != m.owner && m.base != nil && !m.base.includes(c):
		m.t.Errorf("commit %d is acknowledged although another node has taken the log before it", c.id)
	}
	c.acked = err == nil && m.sync
}

// check returns the commit that the database of a node has the contents of.
func (m *model) check(n *modelNode) *commit {
	got := n.db.contents()
	var at *commit
	if got.size > 0 {
		id := int(binary.LittleEndian.Uint64([]byte(got.pages[1])))
		if id == 0 || id > len(m.commits) {
			m.t.Fatalf("node %s has a database of %d pages whose first one is of commit %d", n.name, got.size, id)
		}
		at = m.commits[id-1]
		if at.result.size != got.size || !maps.Equal(at.result.pages, got.pages) {
			m.t.Fatalf("node %s has pages of several commits: its first page is that of commit %d", n.name, id)
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range m.commits {
		if c.acked && !at.includes(c) {
			m.t.Fatalf("node %s does not have commit %d, which was acknowledged", n.name, c.id)
		}
	}
	return at
}

// write commits a transaction on a node that has the object, as far as it knows.
func (m *model) write(n *modelNode) {
	if n.ship == nil {
		return
	}
	c := &commit{id: len(m.commits) + 1, parent: n.at}
	size := uint32(1 + m.random.IntN(12))
	if before := n.db.contents().size; m.random.IntN(4) > 0 {
		size = max(size, before)
	}
	change := &replica.Change{Size: size, Replaced: m.random.IntN(20) == 0}
	for number := uint32(1); number <= size; number++ {
		if number == 1 || change.Replaced || m.random.IntN(3) == 0 || number > n.db.contents().size {
			change.Pages = append(change.Pages, replica.Page{Number: number, Data: page(c.id, number)})
		}
	}
	position, _ := n.db.Position()
	if n.first {
		position = n.ship.Position()
	}
	_ = n.db.Apply(change, position)
	_ = n.db.Sync()
	n.first, n.at, c.result = false, c, n.db.contents()
	m.commits = append(m.commits, c)
	ship := n.ship
	n.db.queue(func() { ship.Commit(change, func(err error) { m.ended(ship, c, err) }) })
}

// step does something.
func (m *model) step() {
	n := m.nodes[m.random.IntN(len(m.nodes))]
	switch m.random.IntN(20) {
	case 0, 1:
		m.take(n)
	case 2:
		if n.ship != nil { // the node crashes, or gives up
			n.ship.Close(errors.New("the node has crashed"))
			n.ship = nil
			n.db.crash()
		}
	case 3:
		if n.ship != nil && !n.cut {
			err := n.ship.Release(m.t.Context())
			n.ship = nil
			if err != nil && !errors.Is(err, replica.ErrFenced) {
				m.t.Fatalf("node %s cannot release the log: %v", n.name, err)
			}
		}
	case 4:
		n.cut = !n.cut
		m.cluster.CutStore(n.name, n.cut)
	case 5, 6, 7:
		time.Sleep(time.Duration(m.random.IntN(300)) * time.Millisecond)
	case 8, 9:
		synctest.Wait()
	default:
		for range 1 + m.random.IntN(4) {
			m.write(n)
			time.Sleep(time.Duration(m.random.IntN(20)) * time.Millisecond)
		}
	}
}

// end ends the schedule, and checks what each node restores at the end.
func (m *model) end() {
	for _, n := range m.nodes {
		n.cut = false
		m.cluster.CutStore(n.name, false)
	}
	time.Sleep(10 * time.Second)
	for _, n := range m.nodes {
		m.take(n)
	}
	for _, n := range m.nodes {
		n.ship.Close(errors.New("the test ends"))
	}
	time.Sleep(10 * time.Second) // for answers that are late
	for _, n := range m.nodes {
		n.node.Leave()
	}
}

func TestShipRandomSchedules(t *testing.T) {
	replica.SetPartPages(2)
	for seed := range uint64(80) {
		for _, sync := range []bool{true, false} {
			ok := t.Run(fmt.Sprintf("seed %d, sync %t", seed, sync), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := newModel(t, seed, sync)
					for range 60 {
						m.step()
					}
					m.end()
				})
			})
			if !ok {
				return
			}
		}
	}
}
