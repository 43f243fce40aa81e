package deflate

import (
	"errors"
	"fmt"
	"slices"
	"testing"
)

// inspector is an independent implementation of RFC 1951, slow and simple, which checks
// the output of the encoders. It inflates the messages of one direction in order.
type inspector struct {
	in      []byte // the current message
	at      int    // the position in the message, in bits
	out     []byte // the inflated form of all messages
	start   int    // the offset in out at which the current message begins
	longest int    // the longest distance so far
	beyond  int    // the greatest number of bytes by which a reference precedes the current message
}

var errInspect = errors.New("not DEFLATE data")

// inspect inflates a message and records how far back it refers.
func (s *inspector) inspect(t *testing.T, message []byte) []byte {
	t.Helper()
	s.in, s.at, s.start, s.beyond = append(append([]byte{}, message...), tail...), 0, len(s.out), 0
	for s.at < 8*len(s.in) {
		if err := s.block(); err != nil {
			t.Fatalf("a message of %d bytes cannot be inflated at bit %d: %v", len(message), s.at, err)
		}
	}
	return s.out[s.start:]
}

func (s *inspector) bits(n int) (int, error) {
	v := 0
	for i := range n {
		if s.at >= 8*len(s.in) {
			return 0, fmt.Errorf("%w: truncated", errInspect)
		}
		v |= int(s.in[s.at/8]>>(s.at%8)&1) << i
		s.at++
	}
	return v, nil
}

func (s *inspector) block() error {
	head, err := s.bits(3)
	if err != nil {
		return err
	}
	switch head >> 1 {
	case 0:
		err = s.stored()
	case 1:
		var fixed [288]int
		for i := range fixed {
			fixed[i] = 8 + bool2int(i >= 144) - 2*bool2int(i >= 256) + bool2int(i >= 280)
		}
		err = s.symbols(fixed[:], slices.Repeat([]int{5}, 30))
	case 2:
		err = s.dynamic()
	default:
		err = fmt.Errorf("%w: block type 3", errInspect)
	}
	if err == nil && head&1 == 1 {
		s.at = (s.at + 7) &^ 7
	}
	return err
}

func bool2int(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (s *inspector) stored() error {
	s.at = (s.at + 7) &^ 7
	n, err := s.bits(16)
	if err != nil {
		return err
	}
	if not, err := s.bits(16); err != nil || n^not != 0xffff {
		return fmt.Errorf("%w: length %04x of a stored block against %04x", errInspect, n, not)
	}
	if s.at/8+n > len(s.in) {
		return fmt.Errorf("%w: truncated stored block", errInspect)
	}
	s.out = append(s.out, s.in[s.at/8:s.at/8+n]...)
	s.at += 8 * n
	return nil
}

func (s *inspector) dynamic() error {
	counts, err := s.bits(14)
	if err != nil {
		return err
	}
	literals, distances, codes := counts&31+257, counts>>5&31+1, counts>>10+4
	var lengths [19]int
	for _, at := range []int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}[:codes] {
		if lengths[at], err = s.bits(3); err != nil {
			return err
		}
	}
	var all []int
	for tree := newTree(lengths[:]); len(all) < literals+distances; {
		if all, err = s.lengths(tree, all); err != nil {
			return err
		}
	}
	return s.symbols(all[:literals], all[literals:literals+distances])
}

func (s *inspector) lengths(tree tree, all []int) ([]int, error) {
	code, err := s.symbol(tree)
	if err != nil || code < 16 {
		return append(all, code), err
	}
	value, extra, least := 0, 3, 3
	switch {
	case code == 16 && len(all) == 0:
		return nil, fmt.Errorf("%w: nothing to repeat", errInspect)
	case code == 16:
		value, extra = all[len(all)-1], 2
	case code == 18:
		extra, least = 7, 11
	}
	n, err := s.bits(extra)
	for range n + least {
		all = append(all, value)
	}
	return all, err
}

func (s *inspector) symbols(literals, distances []int) error {
	lit, dist := newTree(literals), newTree(distances)
	for {
		v, err := s.symbol(lit)
		switch {
		case err != nil:
			return err
		case v < 256:
			s.out = append(s.out, byte(v))
		case v == 256:
			return nil
		default:
			if err := s.match(v-257, dist); err != nil {
				return err
			}
		}
	}
}

func (s *inspector) match(code int, dist tree) error {
	length, err := 258, error(nil)
	if code != 28 {
		length, err = s.scaled(code, 4, 3)
	}
	if err != nil {
		return err
	}
	if code, err = s.symbol(dist); err != nil {
		return err
	}
	distance, err := s.scaled(code, 2, 1)
	if err != nil || distance > len(s.out) {
		return fmt.Errorf("%w: distance %d of %d", errInspect, distance, len(s.out))
	}
	s.longest = max(s.longest, distance)
	s.beyond = max(s.beyond, distance-(len(s.out)-s.start))
	for range length {
		s.out = append(s.out, s.out[len(s.out)-distance])
	}
	return nil
}

// scaled decodes a length or distance (RFC 1951, section 3.2.5).
func (s *inspector) scaled(code, step, base int) (int, error) {
	if code < 2*step {
		return code + base, nil
	}
	extra := code/step - 1
	v, err := s.bits(extra)
	return (step+code%step)<<extra + base + v, err
}

// tree is a Huffman code. It maps the length and the value of a code to a symbol.
type tree map[[2]int]int

func newTree(lengths []int) tree {
	t, code := tree{}, 0
	for length := 1; length <= 15; length++ {
		for symbol, n := range lengths {
			if n == length {
				t[[2]int{length, code}] = symbol
				code++
			}
		}
		code <<= 1
	}
	return t
}

func (s *inspector) symbol(t tree) (int, error) {
	code := 0
	for length := 1; length <= 15; length++ {
		bit, err := s.bits(1)
		if err != nil {
			return 0, err
		}
		code = code<<1 | bit
		if symbol, ok := t[[2]int{length, code}]; ok {
			return symbol, nil
		}
	}
	return 0, fmt.Errorf("%w: no such code %b", errInspect, code)
}
