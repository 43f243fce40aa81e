// Package fetch sends the HTTP requests of scripts, as the Fetch Standard requires of fetch(), and
// opens their WebSockets to other servers. It has no values of a JavaScript engine.
package fetch
