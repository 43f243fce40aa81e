package linger

import (
	"bytes"
	"time"
)

// presenceChannel has the members of a channel, as far as this process has received them. presence.mu guards it.
type presenceChannel struct {
	name    string
	local   *source              // the members of this process
	others  map[sourceID]*source // those of other processes
	members map[string]*present  // all, by id
	loaded  map[string]bool      // nodes whose members have come
	loading map[string]*loading  // nodes whose members have been asked for

	wanted bool   // the members on other nodes are followed
	stop   func() // ends the subscription of the topic; nil without one
	tick   *time.Timer
	empty  int // beacons since the last local member has left

	joined map[string]joinedMember // what the function of HandlePresence has not got yet
	left   map[string]Member
}

// joinedMember is a member that has joined, or has another value.
type joinedMember struct {
	Member
	fresh bool // it was no member before
}

// sourceID is a process that has members of a channel. The incarnation is another one after a restart, and if the process has had no member
// for some time.
type sourceID struct {
	node        string
	incarnation uint64
}

// source has the members of a process. Each change has the next number, so that one that is lost is noticed.
type source struct {
	sourceID
	sequence uint64
	heard    time.Time // when a record of it came last
	members  map[string]*data
}

// present is a member of the channel. During a hand-over two processes may have the same.
type present struct {
	Member
	sources int
}

// maxSources bounds the processes of one node whose members are recorded. A node has one, and two during a hand-over.
const maxSources = 4

func newPresenceChannel(name string, local sourceID) *presenceChannel {
	return &presenceChannel{
		name: name, local: &source{sourceID: local, members: map[string]*data{}},
		others: map[sourceID]*source{}, members: map[string]*present{},
		loaded: map[string]bool{}, loading: map[string]*loading{},
		joined: map[string]joinedMember{}, left: map[string]Member{},
	}
}

// set makes a connection a member, or replaces its value. It reports false if there is no room. silent means that it is not a change.
func (c *presenceChannel) set(from *source, id string, value *data, silent bool) bool {
	_, has := from.members[id]
	if !has && len(from.members) >= maxMembers {
		return false
	}
	from.members[id] = value
	m, fresh := c.members[id], false
	if m == nil {
		m, fresh = &present{}, true
		c.members[id] = m
	} else if equalData(m.data, value) {
		silent = true
	}
	if !has {
		m.sources++
	}
	if _, here := c.local.members[id]; here && from != c.local {
		return true // which it has moved to
	}
	m.Member = Member{ID: id, Node: from.node, data: value}
	if !silent {
		c.noteJoined(joinedMember{m.Member, fresh})
	}
	return true
}

// remove removes a member, if a process has it.
func (c *presenceChannel) remove(from *source, id string, silent bool) {
	if _, has := from.members[id]; !has {
		return
	}
	delete(from.members, id)
	m := c.members[id]
	if m.sources--; m.sources > 0 {
		m.Member = c.find(id)
		return
	}
	delete(c.members, id)
	if !silent {
		c.noteLeft(m.Member)
	}
}

// find returns a member that a process has.
func (c *presenceChannel) find(id string) Member {
	if value, is := c.local.members[id]; is {
		return Member{ID: id, Node: c.local.node, data: value}
	}
	for _, s := range c.others {
		if value, is := s.members[id]; is {
			return Member{ID: id, Node: s.node, data: value}
		}
	}
	return Member{ID: id}
}

func equalData(a, b *data) bool {
	return (a == nil) == (b == nil) && (a == nil || bytes.Equal(a.bytes(), b.bytes()))
}

// noteJoined records an event. A member that has left and come back in the meantime has not joined.
func (c *presenceChannel) noteJoined(m joinedMember) {
	if before, left := c.left[m.ID]; left {
		delete(c.left, m.ID)
		if equalData(before.data, m.data) {
			return
		}
		m.fresh = false
	} else if before, joined := c.joined[m.ID]; joined {
		m.fresh = before.fresh
	}
	c.joined[m.ID] = m
}

// noteLeft records an event. A member that has joined and left in the meantime was none.
func (c *presenceChannel) noteLeft(m Member) {
	before, joined := c.joined[m.ID]
	delete(c.joined, m.ID)
	if !joined || !before.fresh {
		c.left[m.ID] = m
	}
}

// drop removes a process with its members.
func (c *presenceChannel) drop(s *source) {
	for id := range s.members {
		c.remove(s, id, false)
	}
	delete(c.others, s.sourceID)
}

// dropOthers forgets the members of other processes, without events.
func (c *presenceChannel) dropOthers() {
	for _, s := range c.others {
		for id := range s.members {
			c.remove(s, id, true)
		}
	}
	clear(c.others)
	clear(c.loaded)
	clear(c.loading)
	clear(c.joined)
	clear(c.left)
}

// source returns a process, which is added if it is new; nil if there are too many of its node.
func (c *presenceChannel) source(id sourceID) *source {
	if s := c.others[id]; s != nil {
		return s
	}
	same := 0
	for other := range c.others {
		if other.node == id.node {
			same++
		}
	}
	if same >= maxSources {
		return nil
	}
	s := &source{sourceID: id, members: map[string]*data{}}
	c.others[id] = s
	return s
}

// list returns the members.
func (c *presenceChannel) list() []Member {
	members := make([]Member, 0, len(c.members))
	for _, m := range c.members {
		members = append(members, m.Member)
	}
	return members
}
