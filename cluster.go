package linger

import "context"

// Cluster sends records between the servers of several nodes. [Options.Cluster] makes a server a member; without one it is alone.
// Package cluster has an implementation for NATS.
//
// A record is bytes that the sender must not change any more. It arrives at most once: a connection that breaks, or a node that is too slow, loses
// some, which the implementation counts and logs. The records that one node publishes on a topic, and those that it sends to a service of another node,
// arrive in order.
//
// No method waits for another node, except Call. The functions that a Cluster calls must not block either, because the next record
// waits for them. Methods may be called from any goroutine.
type Cluster interface {
	// Node returns the name of this node, which is also that of its server.
	Node() string

	// Nodes returns the names of the nodes that are connected, this one included, in alphabetical order. A node that has ended, or
	// that has lost its connection, is missing after some seconds.
	Nodes() []string

	// Watch calls changed after each change of Nodes, until stop is called.
	Watch(changed func()) (stop func())

	// Subscribe calls receive for each record that another node publishes on a topic, until stop is called. A topic is any text of 1 to 300
	// bytes. A second subscription to the same topic is independent of the first.
	Subscribe(topic string, receive func(from string, record []byte)) (stop func(), err error)

	// Publish sends a record to the nodes that have subscribed to a topic, except this one. It costs nothing on nodes that have not. The error
	// is [ErrClusterFull] or [ErrRecordSize]; the record was dropped then.
	Publish(topic string, record []byte) error

	// Serve calls serve for each record that another node sends to a service of this node, until stop is called. The name of a service
	// consists of lower-case letters. A service has one function; the error is that it has one already. respond sends the response to a Call: once,
	// at any time, from any goroutine. After Send it has no effect.
	Serve(service string, serve func(from string, record []byte, respond func(response []byte))) (stop func(), err error)

	// Send sends a record to a service of another node. The error is [ErrUnreachable], [ErrClusterFull] or [ErrRecordSize]; the record was
	// dropped then.
	Send(node, service string, record []byte) error

	// Call sends a record to a service of another node and returns the response. The error is one of Send, or that of ctx; after that
	// of ctx, and after ErrUnreachable, it is not known whether the record has arrived.
	Call(ctx context.Context, node, service string, record []byte) ([]byte, error)
}

// alone is the Cluster of a server that is not a member of one: there is no other node.
type alone struct{ server *Server }

var _ Cluster = alone{}

func (a alone) Node() string             { return a.server.Node() }
func (a alone) Nodes() []string          { return []string{a.Node()} }
func (alone) Watch(func()) (stop func()) { return func() {} }

func (alone) Subscribe(string, func(string, []byte)) (stop func(), err error) {
	return func() {}, nil
}

func (alone) Publish(string, []byte) error { return nil }

func (alone) Serve(string, func(string, []byte, func([]byte))) (stop func(), err error) {
	return func() {}, nil
}

func (alone) Send(string, string, []byte) error { return ErrUnreachable }

func (alone) Call(context.Context, string, string, []byte) ([]byte, error) {
	return nil, ErrUnreachable
}
