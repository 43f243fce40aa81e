// Package nodes tests a cluster of linger processes in network namespaces of one machine: numbered traffic on hundreds of connections while links are
// cut in one direction or both, nodes are killed, suspended and started again, and links are slow.
//
// A ledger has what each client has sent, what was acknowledged, and what each has received. At the end no message has arrived twice or out of
// order, none that was acknowledged is lost, and no two owners of an object have written at the same time.
package nodes
