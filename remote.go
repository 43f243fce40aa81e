package linger

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/lingerws/linger/protocol"
)

// Remote is a handle of a connection of any node of the cluster: [Server.Remote]. Its methods may be called from any goroutine.
//
// The methods without a context do not wait. For a connection of this node they are those of [Socket], except that a full send queue
// closes the connection under PolicyBlock, because the sender must not wait. What is done to a connection of another node is sent there,
// and arrives in the order of the calls. It is lost if the link breaks or the connection ends before it arrives, as what is sent on a
// [Socket] is; nil means that it was queued for the node. [ErrUnreachable], [ErrClusterFull] and [ErrRecordSize] are errors of the cluster.
type Remote struct {
	server   *Server
	id, node string
}

// Remote returns a handle of the connection with this id, of any node. The id has the name of the node, so that this costs nothing;
// [Remote.Info] reports whether there is such a connection.
func (s *Server) Remote(id string) *Remote {
	node, _, _ := strings.Cut(id, ".")
	return &Remote{server: s, id: id, node: node}
}

// ID returns the id of the connection.
func (r *Remote) ID() string { return r.id }

// Node returns the name of the node in the id.
func (r *Remote) Node() string { return r.node }

// Send queues a message. The error is one of [Socket.Send], [ErrClosed] without such a connection on this node, or one of the cluster.
func (r *Remote) Send(p Payload) error {
	return r.do(remoteOp{kind: remoteSend, payload: p})
}

// Close starts the closing handshake. The error is that of [Socket.Close], [ErrClosed] without such a connection on this node, or
// one of the cluster.
func (r *Remote) Close(code protocol.CloseCode, reason string) error {
	return r.close(code, reason, false)
}

// CloseDiscard is [Remote.Close], and drops what waits to be sent: [Socket.CloseDiscard].
func (r *Remote) CloseDiscard(code protocol.CloseCode, reason string) error {
	return r.close(code, reason, true)
}

func (r *Remote) close(code protocol.CloseCode, reason string, discard bool) error {
	if err := protocol.CheckClose(code, reason); err != nil {
		return err
	}
	return r.do(remoteOp{kind: remoteClose, status: protocol.Status{Code: code, Reason: reason}, discard: discard})
}

// Subscribe subscribes the connection to a channel. The error is [ErrChannelName], for a connection of this node one of
// [Socket.Subscribe], or one of the cluster. That a connection of another node has too many subscriptions is logged there.
func (r *Remote) Subscribe(channel string) error {
	if err := checkChannel(channel); err != nil {
		return err
	}
	return r.do(remoteOp{kind: remoteSubscribe, channel: channel})
}

// Unsubscribe ends a subscription, if there is one. The errors are those of [Remote.Subscribe].
func (r *Remote) Unsubscribe(channel string) error {
	if err := checkChannel(channel); err != nil {
		return err
	}
	return r.do(remoteOp{kind: remoteUnsubscribe, channel: channel})
}

// Join makes the connection a member of a channel's presence. The error is one that [Socket.Join] has for its arguments, for a
// connection of this node one of [Socket.Join], or one of the cluster.
func (r *Remote) Join(channel string, data any) error {
	if err := checkChannel(channel); err != nil {
		return err
	}
	member, err := newMemberData(data)
	if err != nil {
		return err
	}
	op := remoteOp{kind: remoteJoin, channel: channel}
	if member != nil {
		op.data, op.hasData = member.bytes(), true
	}
	return r.do(op)
}

// Leave removes the connection from the presence of a channel. The errors are those of [Remote.Subscribe].
func (r *Remote) Leave(channel string) error {
	if err := checkChannel(channel); err != nil {
		return err
	}
	return r.do(remoteOp{kind: remoteLeave, channel: channel})
}

// SetData replaces the application's value for the connection; nil removes it. The error is that of [Socket.SetData], [ErrClosed]
// without such a connection on this node, or one of the cluster. A handler of the connection that holds the value at that time does
// not notice.
func (r *Remote) SetData(value any) error {
	d, err := newData(value)
	if err != nil {
		return err
	}
	op := remoteOp{kind: remoteSetData}
	if d != nil {
		op.data, op.hasData = d.bytes(), true
	}
	return r.do(op)
}

// do does an operation here, or sends it to the node of the connection.
func (r *Remote) do(op remoteOp) error {
	op.id = r.id
	if r.isHere() {
		return r.server.applyRemote(op)
	}
	return r.server.cluster.Send(r.node, serviceConnections, op.record())
}

// isHere reports whether the connection would be one of this node. Ids of Go programs that have changed their node's name in a hand-over
// have the old one.
func (r *Remote) isHere() bool {
	return r.node == r.server.Node() || r.server.Socket(r.id) != nil
}

// Info returns what the connection is at this moment. It follows what this node has done to the connection before. The error is [ErrClosed]
// without such a connection, [ErrUnreachable], [ErrRefused], or that of ctx, which should have a bound in time.
func (r *Remote) Info(ctx context.Context) (Info, error) {
	if r.isHere() {
		s := r.server.Socket(r.id)
		if s == nil {
			return Info{}, ErrClosed
		}
		return s.info(), nil
	}
	response, err := r.server.callNode(ctx, r.node, serviceConnections, remoteOp{kind: remoteInfo, id: r.id}.record())
	if err != nil {
		return Info{}, err
	}
	answer, err := parseConnections(response, r.node)
	switch {
	case err != nil:
		return Info{}, err
	case len(answer.infos) != 1 || answer.infos[0].ID != r.id:
		return Info{}, fmt.Errorf("%w: node %s has answered for another connection", ErrRefused, r.node)
	}
	return answer.infos[0], nil
}

// callNode calls a service of another node.
func (s *Server) callNode(ctx context.Context, node, service string, record []byte) ([]byte, error) {
	response, err := s.cluster.Call(ctx, node, service, record)
	if err != nil && ctx.Err() != nil && !errors.Is(err, ErrUnreachable) {
		return nil, context.Cause(ctx)
	}
	return response, err
}
