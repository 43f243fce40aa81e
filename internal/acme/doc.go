// Package acme tests certificates by ACME with pebble, the certificate authority that Let's Encrypt has for tests. It is a separate
// module, so that the command does not depend on pebble.
package acme
