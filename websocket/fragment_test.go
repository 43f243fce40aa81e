package websocket

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"testing"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
)

// fragments returns a message of text in n fragments of size bytes each.
func fragments(n, size int) []byte {
	text := string(bytes.Repeat([]byte("x"), size))
	first, next := fragment(Text, text, false), fragment(protocol.Continuation, text, false)
	last := fragment(protocol.Continuation, text, true)
	return slices.Concat(first, bytes.Repeat(next, n-2), last)
}

func TestConnReadsManyFragments(t *testing.T) {
	for name, read := range map[string]func(t *testing.T, c *Conn) ([]byte, error){
		"Read": func(t *testing.T, c *Conn) ([]byte, error) {
			_, message, err := c.Read(t.Context())
			return message, err
		},
		"Reader": func(t *testing.T, c *Conn) ([]byte, error) {
			_, r, err := c.Reader(t.Context())
			if err != nil {
				return nil, err
			}
			return io.ReadAll(r)
		},
	} {
		for _, size := range []int{1, 64} {
			t.Run(name, func(t *testing.T) {
				withPeer(t, Options{MaxMessage: 4 << 20}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
					const n = 20_002
					go func() { _, _ = peer.Write(fragments(n, size)) }()
					if got, err := read(t, c); err != nil || len(got) != n*size {
						t.Errorf("%d fragments of %d bytes are one message; got %d bytes, %v", n, size, len(got), err)
					}
				})
			})
		}
		t.Run(name+", empty ones", func(t *testing.T) {
			withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
				go func() { _, _ = peer.Write(fragments(20_002, 0)) }()
				_, err := read(t, c)
				ours, ok := errors.AsType[*LocalClosed](err)
				if !ok || ours.Code != ClosePolicyViolation {
					t.Errorf("a flood of empty fragments must be closed with 1008; got %v", err)
				}
			})
		})
	}
}
