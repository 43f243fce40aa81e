package websocket

import "github.com/lingerws/linger/protocol/handshake"

// OriginPolicy decides from which web pages browsers may connect. The zero value
// admits pages of the same host only.
type OriginPolicy = handshake.OriginPolicy

// NewOriginPolicy returns a policy that admits, beside pages of the same host, every
// origin that fits one of the patterns: "https://*.example.com", "localhost:*" or
// "*" for instance; [handshake.NewOriginPolicy] has them all. The error names the
// pattern that cannot be read.
func NewOriginPolicy(patterns ...string) (OriginPolicy, error) {
	return handshake.NewOriginPolicy(patterns...)
}
