// Package cluster connects the nodes of a cluster over NATS. A [Node] is the [linger.Cluster] of a server, and has the store and the log that
// the Durable Objects of a worker share.
//
//	node, err := cluster.Join(ctx, cluster.Options{Node: "a", URLs: []string{"nats://10.0.0.1:4222"}})
//	...
//	server := linger.NewServer(handler, linger.Options{Cluster: node})
//
// The NATS server is an external one, or runs in the process ([Options.Listen]), so that a cluster needs nothing else.
//
// What other nodes send is input: it is parsed with bounds, and what is malformed is dropped, counted and logged.
package cluster
