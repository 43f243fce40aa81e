// Package fetch sends the HTTP requests of scripts as the Fetch Standard requires, and opens their
// WebSockets to other servers. It is independent of the JavaScript engine.
package fetch
