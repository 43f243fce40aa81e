//go:build !race

package linger

// spoils tells whether payloads that were lent are overwritten.
const spoils = false
