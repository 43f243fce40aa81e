// Package chat has the page of the chat, for examples/chat-go.
package chat

import _ "embed" // for HTML

// HTML is the page.
//
//go:embed page.html
var HTML string
