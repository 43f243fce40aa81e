// Package forwarding decides what is known of the client of a request that may have come through proxies: which peers
// are trusted to speak of it, which fields they use, and what those fields say.
package forwarding
