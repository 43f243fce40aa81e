// Package clustertest has the tests that every implementation of a cluster passes: of [linger.Cluster], of the store, and of the log.
package clustertest
