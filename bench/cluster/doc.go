//go:build linux

// Command cluster measures what channels cost when several nodes share them over NATS: of Linger with a NATS server ("linger"), of Linger with
// embedded servers ("embedded") and, with -peers, of Centrifugo with the same NATS server. All processes run on this machine.
//
//	go run ./bench/cluster
//	go run ./bench/cluster -peers -nodes 1,2,3
//	go run ./bench/cluster -only simulate
//
// The measurements are
//
//	cost        a fixed number of publications per second to one channel: CPU time of nodes and of NATS per delivery
//	rate        one subscriber on each node, and a window of publications in flight: publications per second that reach all nodes
//	topics      a channel of its own for each of many connections: memory of a node and of NATS for each
//	simulate    a hundredth of ten nodes with a million connections, as docs/scale.md describes it
//
// The NATS server and Centrifugo are built from the module bench/cluster/peers.
package main
