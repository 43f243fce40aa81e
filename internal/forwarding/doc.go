// Package forwarding determines the client of a request that may have passed proxies: which peers are trusted proxies,
// and what their forwarding fields contain.
package forwarding
