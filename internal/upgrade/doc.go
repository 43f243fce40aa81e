// Package upgrade tests that connections outlive the binary: linger processes that are replaced while clients have open
// connections with traffic, by working binaries and by broken ones.
package upgrade
