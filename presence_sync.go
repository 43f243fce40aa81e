package linger

import (
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	// presencePeriod is the longest time between two beacons of a process about a channel, and between attempts to get the members of a node.
	presencePeriod = 10 * time.Second

	// presenceLapse is the time after which the members of a process lapse whose beacons do not come.
	presenceLapse = 35 * time.Second

	// presenceGrace is the time for which the members of a process stay after its end, because a hand-over may have moved them.
	presenceGrace = 2 * time.Second

	// emptyBeacons are the beacons after the last member of a process has left.
	emptyBeacons = 3

	// maxPendingRecords bounds the records that are kept while the members of a node are on their way. Others are lost, which is noticed.
	maxPendingRecords = 256

	// maxPendingBytes bounds their size.
	maxPendingBytes = 4 << 20
)

// newIncarnation returns the id of this process as one that has members of a channel.
func (p *presence) newIncarnation() sourceID {
	return sourceID{p.server.Node(), rand.Uint64() | 1} //nolint:gosec // only has to differ
}

// update passes on what has changed in this process about a channel. flushing is held.
func (p *presence) update(change localChange) {
	p.mu.Lock()
	c := p.channels[change.channel]
	if p.ended || c == nil && !change.wanted {
		p.mu.Unlock()
		return
	}
	if c == nil {
		c = newPresenceChannel(change.channel, p.newIncarnation())
		p.channels[change.channel] = c
	}
	for _, m := range change.joined {
		c.set(c.local, m.ID, m.data, false)
	}
	for _, id := range change.left {
		c.remove(c.local, id, slices.Contains(change.moved, id))
	}
	var records [][]byte
	if !p.isAlone() {
		records = c.changes(change)
	}
	p.deliverLater(c)
	p.mu.Unlock()
	p.publish(c.name, records...)
	if change.wanted != c.wanted { // which changes only here
		p.follow(c, change.wanted)
	}
}

// changes returns the records of a change.
func (c *presenceChannel) changes(change localChange) (records [][]byte) {
	r := presenceRecord{kind: presenceChange, incarnation: c.local.incarnation}
	size := 0
	end := func() {
		c.local.sequence++
		r.sequence = c.local.sequence
		records = append(records, r.record())
		r.members, r.left, size = nil, nil, 0
	}
	for _, m := range change.joined {
		member := memberRecord{m.ID, m.data}
		r.members = append(r.members, member)
		if size += member.size(); size >= maxPresenceRecord {
			end()
		}
	}
	for _, id := range change.left {
		r.left = append(r.left, id)
		if size += len(id); size >= maxPresenceRecord {
			end()
		}
	}
	if len(r.members)+len(r.left) > 0 {
		end()
	}
	return records
}

// publish sends records to the processes that follow a channel. One that is lost is noticed there.
func (p *presence) publish(channel string, records ...[]byte) {
	for _, record := range records {
		if err := p.server.cluster.Publish(presenceTopic(channel), record); err != nil {
			p.server.logLimited(slog.LevelWarn, "a change of the members of a channel was not sent; other nodes ask for the members after the next beacon", servicePresence,
				slog.String("channel", channel), slog.Any("error", err))
		}
	}
}

// follow begins or ends to follow the members of a channel in other processes. flushing is held.
func (p *presence) follow(c *presenceChannel, wanted bool) {
	var stop func()
	if wanted && !p.isAlone() {
		var err error
		stop, err = p.server.cluster.Subscribe(presenceTopic(c.name), func(from string, record []byte) { p.receive(c, from, record) })
		if err != nil {
			p.server.options().Logger.Error("the members of a channel on other nodes are not followed", "channel", c.name, "error", err)
			stop = nil
		}
		p.watch()
	}
	p.mu.Lock()
	stop, c.stop = c.stop, stop
	c.wanted = wanted
	if wanted {
		p.channels[c.name] = c // tick may have removed it
		p.loadNew(c, true)
	} else {
		c.dropOthers()
	}
	switch {
	case !p.isAlone() && (wanted || c.local.sequence > 0):
		if c.tick == nil {
			c.tick = time.AfterFunc(jitteredPeriod(), func() { p.tick(c) })
		}
	case !wanted:
		delete(p.channels, c.name)
	}
	p.mu.Unlock()
	if stop != nil {
		stop()
	}
}

// jitteredPeriod returns the time until the next beacon. It differs, so that those of many channels and nodes do not come together.
func jitteredPeriod() time.Duration {
	return presencePeriod - rand.N(presencePeriod/4) //nolint:gosec // only has to differ
}

// watch follows the nodes of the cluster from the first call on.
func (p *presence) watch() {
	p.mu.Lock()
	watching := p.watching
	p.watching = true
	p.mu.Unlock()
	if !watching {
		p.server.services.add(p.server.cluster.Watch(p.nodesChanged))
	}
}

// nodesChanged removes the members of nodes that have left, and asks new ones for theirs.
func (p *presence) nodesChanged() {
	nodes := p.server.cluster.Nodes()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.channels {
		for _, s := range c.others {
			if !slices.Contains(nodes, s.node) {
				c.drop(s)
			}
		}
		maps.DeleteFunc(c.loaded, func(node string, _ bool) bool { return !slices.Contains(nodes, node) })
		if c.wanted {
			p.loadNew(c, false)
		}
		p.deliverLater(c)
	}
}

// loadNew asks the nodes for their members that have not answered. mu is held.
func (p *presence) loadNew(c *presenceChannel, silent bool) {
	for _, node := range p.server.cluster.Nodes() {
		if node != p.server.cluster.Node() && !c.loaded[node] && c.loading[node] == nil && !p.ended {
			p.load(c, node, silent)
		}
	}
}

// receive handles a record of another process.
func (p *presence) receive(c *presenceChannel, from string, record []byte) {
	r, err := parsePresence(record)
	if err != nil {
		p.server.logLimited(slog.LevelWarn, "a record of another node was refused", servicePresence, slog.String("node", from), slog.Any("error", err))
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if !c.wanted || p.ended || r.incarnation == c.local.incarnation {
		return
	}
	if c.others[sourceID{from, r.incarnation}] == nil && !slices.Contains(p.server.cluster.Nodes(), from) {
		return // it is asked for its members when it is in the cluster, so the nodes in others are those of the cluster
	}
	if l := c.loading[from]; l != nil {
		l.keep(r)
		return
	}
	p.apply(c, from, r, false)
	p.deliverLater(c)
}

// apply does what a record contains, or asks for all members of its process if others have been lost before it. anyway applies it even
// then, because that process does not answer: another one has taken over from it. mu is held.
func (p *presence) apply(c *presenceChannel, from string, r presenceRecord, anyway bool) {
	s := c.others[sourceID{from, r.incarnation}]
	if r.kind == presenceEnd {
		if s != nil {
			time.AfterFunc(presenceGrace, func() { p.lapse(c, s) })
		}
		return
	}
	if s == nil && (anyway || r.kind == presenceChange && r.sequence == 1) {
		if s = p.addSource(c, sourceID{from, r.incarnation}); s == nil {
			return
		}
	}
	switch {
	case s == nil, !anyway && r.sequence > s.sequence && (r.kind == presenceBeacon || r.sequence > s.sequence+1):
		p.load(c, from, false).keep(r)
		return
	case r.sequence <= s.sequence:
		s.heard = time.Now()
		return
	}
	s.heard, s.sequence = time.Now(), r.sequence
	if refused := c.change(s, r); refused > 0 {
		p.server.logLimited(slog.LevelWarn, "a channel has too many members on a node: the others are missing", servicePresence,
			slog.String("node", from), slog.String("channel", c.name), slog.Int("members", refused))
	}
}

// addSource adds a process that has members of a channel. It returns nil if there are too many of its node, which is logged. mu is held.
func (p *presence) addSource(c *presenceChannel, id sourceID) *source {
	s := c.source(id)
	if s == nil {
		p.server.logLimited(slog.LevelWarn, "too many processes of one node have members of a channel: those of one are missing", servicePresence,
			slog.String("node", id.node), slog.String("channel", c.name))
	}
	return s
}

// change does what a record contains, and returns how many members there was no room for.
func (c *presenceChannel) change(s *source, r presenceRecord) (refused int) {
	for _, m := range r.members {
		if !c.set(s, m.id, m.data, false) {
			refused++
		}
	}
	for _, id := range r.left {
		c.remove(s, id, false)
	}
	return refused
}

// lapse removes a process with its members.
func (p *presence) lapse(c *presenceChannel, s *source) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.others[s.sourceID] == s {
		c.drop(s)
		p.deliverLater(c)
	}
}

// tick sends the beacon of a channel, removes the members of processes whose beacons do not come, and asks again for those of nodes that
// have not answered.
func (p *presence) tick(c *presenceChannel) {
	p.mu.Lock()
	if p.ended || p.channels[c.name] != c {
		p.mu.Unlock()
		return
	}
	for _, s := range c.others {
		if time.Since(s.heard) > presenceLapse {
			c.drop(s)
		}
	}
	var records [][]byte
	if c.local.sequence > 0 {
		records = append(records, p.beacon(c))
	}
	if c.wanted {
		p.loadNew(c, false)
	}
	if c.wanted || c.local.sequence > 0 {
		c.tick.Reset(jitteredPeriod())
	} else {
		c.tick = nil
		delete(p.channels, c.name)
	}
	p.deliverLater(c)
	p.mu.Unlock()
	p.publish(c.name, records...)
}

// beacon returns the next beacon. After some without a member it is the last. mu is held.
func (p *presence) beacon(c *presenceChannel) []byte {
	r := presenceRecord{kind: presenceBeacon, incarnation: c.local.incarnation, sequence: c.local.sequence}
	c.empty++
	if len(c.local.members) > 0 {
		c.empty = 0
	}
	if c.empty > emptyBeacons {
		r.kind = presenceEnd
		c.local, c.empty = &source{sourceID: p.newIncarnation(), members: map[string]*data{}}, 0
	}
	return r.record()
}

// end ends what this process does about presence in the cluster.
func (p *presence) end() {
	p.flush()
	p.flushing.Lock()
	defer p.flushing.Unlock()
	p.mu.Lock()
	p.ended = true
	channels := p.channels
	p.channels = map[string]*presenceChannel{}
	p.mu.Unlock()
	for _, c := range channels { // which no other goroutine changes any more
		if c.tick != nil {
			c.tick.Stop()
		}
		if c.stop != nil {
			c.stop()
		}
		if c.local.sequence > 0 {
			r := presenceRecord{kind: presenceEnd, incarnation: c.local.incarnation, sequence: c.local.sequence}
			p.publish(c.name, r.record())
		}
	}
}
