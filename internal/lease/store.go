package lease

import (
	"context"
	"errors"
)

// Store is a map of keys to values that all nodes share, such as a bucket of NATS JetStream. Each change gives its key a revision that is higher than any
// before. So the revision of a change is a fencing token. All methods but Watch return when the store has answered, or with the error of ctx.
//
// A key consists of ASCII letters, digits, '-', '_', '=', '/' and '.', and has at most 200 bytes.
type Store interface {
	// Get returns the entry of a key. The error is [ErrNotFound] if there is none.
	Get(ctx context.Context, key string) (Entry, error)

	// Create adds a key that has no entry, and returns its revision. The error is [ErrConflict] if it has one.
	Create(ctx context.Context, key string, value []byte) (revision uint64, err error)

	// Update replaces the value of an entry that still has a revision, and returns the new one. The error is [ErrConflict] if it has another.
	Update(ctx context.Context, key string, value []byte, revision uint64) (uint64, error)

	// Delete removes an entry that still has a revision. The error is [ErrConflict] if it has another, or if there is none.
	Delete(ctx context.Context, key string, revision uint64) error

	// Watch calls changed for each entry whose key begins with prefix, then current once, and then changed for each change, in order, until ctx ends. The
	// functions must not block. An entry may be reported again, with the same revision, after the connection to the store was broken. Of several
	// changes of one key that follow each other at once, only the last may be reported.
	Watch(ctx context.Context, prefix string, changed func(Entry), current func()) error
}

// Entry is an entry of a [Store], or the removal of one.
type Entry struct {
	Key      string
	Value    []byte
	Revision uint64
	Deleted  bool // the entry was removed
}

// Errors of a Store. Any other error means that it is not known whether a change was made.
var (
	ErrNotFound = errors.New("lease: the key has no entry")
	ErrConflict = errors.New("lease: the entry has another revision")
)
