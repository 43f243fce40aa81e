package linger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/lingerws/linger/internal/handover"
	"github.com/lingerws/linger/internal/wire"
)

// Errors of presence. Compare with errors.Is.
var (
	// ErrPresenceData means that the encoded data of a member has more than 1 KiB.
	ErrPresenceData = errors.New("linger: the data of a member is over 1 KiB when saved; keep the rest elsewhere, under the connection's id")

	// ErrPresenceFull means that 10,000 connections of this node are members of a channel.
	ErrPresenceFull = errors.New("linger: the channel has 10,000 members on this node; more than that are not recorded")
)

const (
	maxMemberData = 1 << 10 // bytes of the encoded data of a member
	maxMembers    = 10_000  // of a channel, that are connections of one node
)

// Member is a connection in the presence of a channel.
type Member struct {
	ID, Node string
	data     *data // nil if there is none
}

// HasData reports whether the member has a value of the application.
func (m *Member) HasData() bool { return m.data != nil }

// Data decodes the application's value for the member, as [Data] does, into what value points to. Without a value it has no effect.
func (m *Member) Data(value any) error {
	if m.data == nil {
		return nil
	}
	if err := m.data.decodeInto(value); err != nil {
		return fmt.Errorf("linger: the data of member %s cannot be read as %T: %w", m.ID, value, err)
	}
	return nil
}

// Join subscribes the connection to a channel and makes it a member of the channel's presence, which [Server.Presence] lists on every node,
// until Leave or Unsubscribe is called or its close event has been handled. data is the application's value for the member, saved as that of
// [Socket.SetData]; nil for none. If the connection is a member, Join replaces the value. The error is one of [Socket.Subscribe],
// [ErrPresenceData], [ErrPresenceFull], or reports why the value cannot be encoded.
func (s *Socket) Join(channel string, data any) error {
	if err := checkChannel(channel); err != nil {
		return err
	}
	member, err := newMemberData(data)
	if err != nil {
		return err
	}
	return s.join(channel, member)
}

// join is Join for a value that has been encoded; nil for none.
func (s *Socket) join(channel string, member *data) error {
	op := handover.Op{Kind: opJoin, Channel: channel}
	if member != nil {
		op.Body = wire.AppendBytes(nil, bodyData, member.bytes())
	}
	forwarded, elsewhere := s.forward(op)
	if elsewhere {
		return nil
	}
	if err := s.server.hub.enter(s, channel, member); !forwarded || !errors.Is(err, ErrClosed) {
		return err
	}
	return nil
}

// newMemberData returns the value of a member, nil for nil.
func newMemberData(value any) (*data, error) {
	if value == nil {
		return nil, nil //nolint:nilnil // having no data is not an error
	}
	saved, err := encodeBounded(value)
	switch {
	case errors.Is(err, ErrDataSize), err == nil && len(saved) > maxMemberData:
		return nil, ErrPresenceData
	case err != nil:
		return nil, err
	}
	return &data{saved: saved}, nil
}

// Leave removes the connection from the presence of a channel, if it is a member. The subscription stays.
func (s *Socket) Leave(channel string) {
	if _, elsewhere := s.forward(handover.Op{Kind: opLeaveChannel, Channel: channel}); elsewhere {
		return
	}
	h := &s.server.hub
	h.mu.Lock()
	h.exit(s, channel)
	h.mu.Unlock()
}

// Presence returns the members of a channel on all nodes of the cluster, sorted by id. What this node has done before is included. On a
// node with members of the channel, and on one with subscribers and a function of [Server.HandlePresence], it costs nothing in the
// network; another node asks all others, and waits up to 2 s for them. missing are the nodes of the cluster whose members are not known.
//
// A change on one node is known on the others after about 50 ms. A node whose connection to the cluster is broken, or which has ended, is
// removed with its members when the cluster notices that, and after 35 s in any other case. A change that has been lost on the way is
// known within 12 s. The error is [ErrChannelName], or that of ctx.
func (s *Server) Presence(ctx context.Context, channel string) (members []Member, missing []string, err error) {
	if err := checkChannel(channel); err != nil {
		return nil, nil, err
	}
	s.presence.flush()
	members, missing, err = s.presence.members(ctx, channel)
	slices.SortFunc(members, func(a, b Member) int { return strings.Compare(a.ID, b.ID) })
	slices.Sort(missing)
	return members, missing, err
}

// Presence is a change of the members of a channel: [Server.HandlePresence].
type Presence struct {
	Server  *Server
	Channel string

	// Joined are members that are new or have another value, Left those that are not members any more. A
	// connection is in one of them. A member that is new to this node may have been one before: see [Server.HandlePresence].
	Joined, Left []Member
}

// Publish sends a message to the subscribers of the channel on this node only, because the function of each node is called for
// the same change. It returns how many connections took the message. The error is that of [Server.Publish].
func (p *Presence) Publish(payload Payload) (int, error) {
	return p.Server.publishHere(p.Channel, payload)
}

// HandlePresence calls changed after changes of the members of channels that have a subscriber on this node; nil ends that. Changes
// within 50 ms are one call, and so are those that follow while a call is in progress; a call follows its changes after about 100 ms. There is
// one call at a time. A panic in it is logged.
//
// The members that a channel has on other nodes when it gets its first subscriber on this one are not reported. Some that were members before
// are reported as joined all the same: those of a node that was slow to answer or is connected again, and, in the new process of a hand-over,
// those whose connections have moved to it.
func (s *Server) HandlePresence(changed func(*Presence)) {
	p := &s.presence
	if changed == nil {
		p.handler.Store(nil)
	} else {
		p.handler.Store(&changed)
	}
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for channel := range s.hub.channels {
		p.note(channel, nil)
	}
}
