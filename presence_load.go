package linger

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/wire"
)

// loading is a request for the members on a node that has not been answered.
type loading struct {
	channel *presenceChannel
	node    string
	silent  bool             // the members are not reported as a change
	records []presenceRecord // that have come since
	size    int              // of records, in bytes
}

// keep keeps a record until the answer has come.
func (l *loading) keep(r presenceRecord) {
	if len(l.records) < maxPendingRecords && l.size+r.size <= maxPendingBytes {
		l.records = append(l.records, r)
		l.size += r.size
	}
}

// load asks a node for its members, when fewer than maxLoads requests are in progress. silent means that they are not reported as a change. mu is held.
func (p *presence) load(c *presenceChannel, node string, silent bool) *loading {
	l := &loading{channel: c, node: node, silent: silent}
	c.loading[node] = l
	p.loads = append(p.loads, l)
	if p.loaders < maxLoads {
		p.loaders++
		go p.runLoads()
	}
	return l
}

// runLoads makes requests until none waits.
func (p *presence) runLoads() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.loads) > 0 {
		l := p.loads[0]
		p.loads[0] = nil
		p.loads = p.loads[1:]
		if l.channel.loading[l.node] != l { // the members are not wanted any more
			continue
		}
		p.mu.Unlock()
		answer, err := p.ask(context.Background(), l.channel.name, l.node)
		p.mu.Lock()
		p.endLoad(l, answer, err)
	}
	p.loads = nil
	p.loaders--
}

// endLoad applies the answer to a request. mu is held.
func (p *presence) endLoad(l *loading, answer presenceRecord, err error) {
	defer p.loaded.Release()
	c, node := l.channel, l.node
	if c.loading[node] != l {
		return
	}
	delete(c.loading, node)
	if err != nil || p.ended || !slices.Contains(p.server.cluster.Nodes(), node) {
		return // is asked again
	}
	c.loaded[node] = true
	c.replace(sourceID{node, answer.incarnation}, answer, l.silent)
	for _, r := range l.records {
		if next := c.loading[node]; next != nil {
			next.keep(r)
		} else {
			p.apply(c, node, r, r.incarnation != answer.incarnation)
		}
	}
	p.deliverLater(c)
}

// ask returns the members of a channel on another node.
func (p *presence) ask(ctx context.Context, channel, node string) (all presenceRecord, err error) {
	ctx, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	for after := ""; ; {
		response, err := p.server.callNode(ctx, node, servicePresence, appendAsk(nil, channel, after))
		if err != nil {
			return presenceRecord{}, err
		}
		part, err := parseMembers(response, node)
		if err != nil {
			return presenceRecord{}, err
		}
		if after == "" {
			all = part
		} else {
			all.members = append(all.members, part.members...)
		}
		if !part.more {
			return all, nil
		}
		last := ""
		if n := len(part.members); n > 0 {
			last = part.members[n-1].id
		}
		if last <= after || part.incarnation != all.incarnation || len(all.members) > maxMembers {
			return presenceRecord{}, fmt.Errorf("%w: the list of node %s is not in order", ErrRefused, node)
		}
		after = last
	}
}

// replace replaces the members of a process by those of its answer. What it has sent later follows.
func (c *presenceChannel) replace(id sourceID, answer presenceRecord, silent bool) {
	if id.incarnation == 0 {
		return // it has none
	}
	s := c.source(id)
	if s == nil {
		return
	}
	s.sequence, s.heard = answer.sequence, time.Now()
	listed := make(map[string]bool, len(answer.members))
	for _, m := range answer.members {
		listed[m.id] = true
	}
	for id := range s.members {
		if !listed[id] {
			c.remove(s, id, silent)
		}
	}
	for _, m := range answer.members {
		c.set(s, m.id, m.data, silent)
	}
}

// serve answers another node that asks for the members of a channel in this process.
func (p *presence) serve(from string, record []byte, respond func([]byte)) {
	channel, after, err := parseAsk(record)
	if err != nil {
		p.server.logLimited(slog.LevelWarn, "a record of another node was refused", servicePresence, slog.String("node", from), slog.Any("error", err))
		respond(wire.AppendUint(nil, presenceStatus, statusRefused))
		return
	}
	respond(p.answer(channel, after))
}

// answer returns the response with the members of a channel whose ids follow one.
func (p *presence) answer(channel, after string) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := wire.AppendUint(nil, presenceStatus, statusDone)
	c := p.channels[channel]
	if c == nil || c.local.sequence == 0 {
		return b
	}
	b = wire.AppendUint(b, presenceIncarnation, c.local.incarnation)
	b = wire.AppendUint(b, presenceSequence, c.local.sequence)
	var ids []string
	for id := range c.local.members {
		if id > after {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		if len(b) >= maxPresenceRecord {
			return wire.AppendBool(b, presenceMore, true)
		}
		b = wire.AppendRecord(b, presenceMember, memberRecord{id, c.local.members[id]}.append)
	}
	return b
}

// members returns the members of a channel, and the nodes whose members are not known.
func (p *presence) members(ctx context.Context, channel string) (members []Member, missing []string, err error) {
	p.mu.Lock()
	if c := p.channels[channel]; c != nil && c.wanted {
		err = p.waitLoaded(ctx, c)
		defer p.mu.Unlock()
		for _, node := range p.server.cluster.Nodes() {
			if node != p.server.cluster.Node() && !c.loaded[node] {
				missing = append(missing, node)
			}
		}
		return c.list(), missing, err
	}
	p.mu.Unlock()
	members = p.ownMembers(channel)
	var mu sync.Mutex
	p.server.askOthers(ctx, func(ctx context.Context, node string) {
		answer, err := p.ask(ctx, channel, node)
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			missing = append(missing, node)
		}
		for _, m := range answer.members {
			members = append(members, Member{ID: m.id, Node: node, data: m.data})
		}
	})
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return members, missing, err
}

// waitLoaded blocks until all nodes have answered that have been asked for the first time, for 2 s at most. mu is held, except while it waits.
func (p *presence) waitLoaded(ctx context.Context, c *presenceChannel) error {
	bound := time.NewTimer(listTimeout)
	defer bound.Stop()
	isWaiting := func() bool {
		for node := range c.loading {
			if !c.loaded[node] {
				return true
			}
		}
		return false
	}
	for isWaiting() {
		loaded := p.loaded.Next()
		p.mu.Unlock()
		select {
		case <-loaded:
			p.mu.Lock()
		case <-bound.C:
			p.mu.Lock()
			return nil
		case <-ctx.Done():
			p.mu.Lock()
			return context.Cause(ctx)
		}
	}
	return nil
}
