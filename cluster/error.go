package cluster

import "errors"

// Errors of this package. Compare with errors.Is. The methods of [linger.Cluster] return the errors of package linger.
var (
	// ErrOptions means that Join cannot work with its options. The text names the option, and what was expected.
	ErrOptions = errors.New("cluster: an option is wrong")

	// ErrNodeName means that another process of the cluster has the name of the node.
	ErrNodeName = errors.New("cluster: another process of the cluster has the name of this node; choose another name, or end the other process first")

	// ErrStorage means that the cluster has no storage at the moment: JetStream is not enabled, or has no majority of its servers.
	ErrStorage = errors.New("cluster: the storage of the cluster is not available")

	// ErrClosed means that Close was called.
	ErrClosed = errors.New("cluster: the node has left the cluster")

	// ErrServed means that the service has a function already.
	ErrServed = errors.New("cluster: the service has a function already; stop it first")

	// ErrName means that a topic, a service, a key or the name of a log is not valid.
	ErrName = errors.New("cluster: the name is not valid")
)
