package lease

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash/fnv"
	"strings"

	"github.com/lingerws/linger/internal/ident"
	"github.com/lingerws/linger/internal/wire"
)

const (
	nodePrefix   = "node/"
	objectPrefix = "object/"
)

// ObjectKey returns the key of an object, with a prefix that ends with a slash. The name of a class that cannot stand in a key, or is too long for it,
// is replaced by its hash, so the class cannot be read from every key.
func ObjectKey(prefix, class, id string) string {
	if len(class) > 64 || strings.ContainsFunc(class, func(r rune) bool { return !isKeyRune(r) }) {
		sum := sha256.Sum256([]byte(class))
		class = "=" + hex.EncodeToString(sum[:16]) // no class begins with this character
	}
	return prefix + class + "/" + id
}

func isKeyRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
}

// nodeValue is the value of the entry of a node. Its fields: 1 incarnation, 2 retiring.
type nodeValue struct {
	incarnation string // differs each time that the node takes its lease anew
	retiring    bool   // the node takes no more objects
}

func (v nodeValue) encode() []byte {
	return wire.AppendBool(wire.AppendString(nil, 1, v.incarnation), 2, v.retiring)
}

// errEntry is the error of an entry that this version cannot read.
var errEntry = errors.New("lease: the value of an entry is malformed, or of another version; remove the entry from the bucket if no node uses it")

const maxIncarnation = 64 // bytes

func parseNode(value []byte) (v nodeValue, err error) {
	r := wire.NewReader(value)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case 1:
			v.incarnation = r.String()
		case 2:
			v.retiring = r.Bool()
		}
	}
	if r.Err() != nil || v.incarnation == "" || len(v.incarnation) > maxIncarnation {
		return nodeValue{}, errEntry
	}
	return v, nil
}

// owner is the value of the entry of an object. Its fields: 1 node, 2 incarnation, 3 since.
type owner struct {
	node        string
	incarnation string
	since       uint64 // a revision that the entry of the node had with this incarnation
}

func (o owner) encode() []byte {
	return wire.AppendUint(wire.AppendString(wire.AppendString(nil, 1, o.node), 2, o.incarnation), 3, o.since)
}

func parseOwner(value []byte) (o owner, err error) {
	r := wire.NewReader(value)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case 1:
			o.node = r.String()
		case 2:
			o.incarnation = r.String()
		case 3:
			o.since = r.Uint()
		}
	}
	if r.Err() != nil || !ident.IsNode(o.node) || o.incarnation == "" || len(o.incarnation) > maxIncarnation || o.since == 0 {
		return owner{}, errEntry
	}
	return o, nil
}

// rendezvous returns the node with the highest score for a key, "" if there is none. If a node is added or removed, the keys of no others change.
func rendezvous(nodes []string, key string) string {
	best, highest := "", uint64(0)
	for _, node := range nodes {
		if score := scoreOf(node, key); best == "" || score > highest || score == highest && node < best {
			best, highest = node, score
		}
	}
	return best
}

// scoreOf returns the same number on every node and in every version.
func scoreOf(node, key string) uint64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(node + "\x00" + key))
	x := h.Sum64() // its upper bits hardly depend on the last bytes: mix them (the finalizer of SplitMix64)
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
