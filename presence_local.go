package linger

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/internal/latch"
)

// presence has the members of channels. The members that are connections of this process are set at once, under the lock of the hub;
// flush passes what has changed on to the channels a little later, so that changes are sent and reported together.
type presence struct {
	server  *Server
	handler atomic.Pointer[func(*Presence)] // of HandlePresence; nil if there is none

	// Guarded by the lock of the hub.
	own   map[string]map[*Socket]*data    // the members of this process, by channel
	count int                             // of own
	dirty map[string]map[*Socket]struct{} // what flush has to look at: channels, and connections that have joined or left

	flushing sync.Mutex // held by flush, before any other lock

	mu         sync.Mutex // a leaf, except that the locks of a Cluster follow
	channels   map[string]*presenceChannel
	watching   bool        // the nodes of the cluster are watched
	delivering bool        // the function of HandlePresence is, or will be, called
	ended      bool        // the server has ended
	loaded     latch.Latch // released when the members of another node have come, or have not
	loads      []*loading  // requests that have not begun, in order; each is in the loading of its channel
	loaders    int         // the goroutines that make requests, maxLoads at most
}

const (
	// presenceDelay is the time for which changes are gathered.
	presenceDelay = 50 * time.Millisecond

	// movedPresence is the time for which a connection that has moved in a hand-over stays a member of the old process. It has joined
	// in the new one by then, so that it does not leave for the other nodes.
	movedPresence = 5 * time.Second

	// maxLoads bounds the requests for the members on other nodes that are in progress.
	maxLoads = 32
)

func (p *presence) init(s *Server) {
	p.server = s
	p.own = map[string]map[*Socket]*data{}
	p.channels = map[string]*presenceChannel{}
	s.hub.presence = p
}

// isAlone reports whether there is no cluster.
func (p *presence) isAlone() bool {
	_, is := p.server.cluster.(alone)
	return is
}

// enter subscribes a connection to a channel and makes it a member.
func (h *hub) enter(s *Socket, channel string, member *data) error {
	if err := h.subscribe(s, channel); err != nil {
		return err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, subscribed := s.channels[channel]; !subscribed {
		return ErrClosed // has ended since, or has been unsubscribed
	}
	return h.presence.enter(s, channel, member)
}

// enter makes a subscriber of a channel a member. The lock of the hub is held.
func (p *presence) enter(s *Socket, channel string, member *data) error {
	members := p.own[channel]
	if _, is := members[s]; !is {
		if len(members) >= maxMembers {
			return ErrPresenceFull
		}
		p.count++
	}
	if members == nil {
		members = map[*Socket]*data{}
		p.own[channel] = members
	}
	members[s] = member
	p.note(channel, s)
	return nil
}

// exit removes a connection from the members of a channel, if it is one. mu is held.
func (h *hub) exit(s *Socket, channel string) {
	p := h.presence
	if _, is := p.own[channel][s]; !is {
		return
	}
	if s.isFlagged(flagCommitted) {
		time.AfterFunc(movedPresence, func() {
			h.mu.Lock()
			defer h.mu.Unlock()
			p.remove(s, channel)
		})
		return
	}
	p.remove(s, channel)
}

// remove removes a member. The lock of the hub is held.
func (p *presence) remove(s *Socket, channel string) {
	if _, is := p.own[channel][s]; !is {
		return
	}
	p.count--
	delete(p.own[channel], s)
	if len(p.own[channel]) == 0 {
		delete(p.own, channel)
	}
	p.note(channel, s)
}

// followed is called when a channel gets its first subscriber in this process, and when it loses the last one. The lock of the hub is held.
func (p *presence) followed(channel string) {
	if p.handler.Load() != nil {
		p.note(channel, nil)
	}
}

// note makes flush look at a channel, and at a member if s is not nil. The lock of the hub is held.
func (p *presence) note(channel string, s *Socket) {
	if p.dirty == nil {
		p.dirty = map[string]map[*Socket]struct{}{}
		time.AfterFunc(presenceDelay, p.flush)
	}
	changed := p.dirty[channel]
	if changed == nil {
		changed = map[*Socket]struct{}{}
		p.dirty[channel] = changed
	}
	if s != nil {
		changed[s] = struct{}{}
	}
}

// localChange is what has changed in this process about a channel.
type localChange struct {
	channel string
	wanted  bool // this process has members, or subscribers that are to get changes
	joined  []Member
	left    []string // ids
	moved   []string // those in left that have moved to another process
}

// takeChanges returns what has changed since its last call.
func (p *presence) takeChanges() []localChange {
	h := &p.server.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	var changes []localChange
	for _, channel := range slices.Sorted(maps.Keys(p.dirty)) {
		c := localChange{channel: channel}
		members := p.own[channel]
		c.wanted = len(members) > 0 || p.handler.Load() != nil && len(h.channels[channel]) > 0
		for s := range p.dirty[channel] {
			if member, is := members[s]; is {
				c.joined = append(c.joined, Member{ID: s.id, Node: p.server.Node(), data: member})
			} else if c.left = append(c.left, s.id); s.isFlagged(flagCommitted) {
				c.moved = append(c.moved, s.id)
			}
		}
		changes = append(changes, c)
	}
	p.dirty = nil
	return changes
}

// flush passes on what has changed in this process.
func (p *presence) flush() {
	p.flushing.Lock()
	defer p.flushing.Unlock()
	for _, c := range p.takeChanges() {
		p.update(c)
	}
}

// ownMembers returns the members of a channel in this process.
func (p *presence) ownMembers(channel string) (members []Member) {
	h := &p.server.hub
	h.mu.RLock()
	defer h.mu.RUnlock()
	for s, member := range p.own[channel] {
		members = append(members, Member{ID: s.id, Node: p.server.Node(), data: member})
	}
	return members
}
