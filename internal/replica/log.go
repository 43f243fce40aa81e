// Package replica keeps the databases of Durable Objects where every node of a cluster can restore them.
package replica

import (
	"context"
	"errors"
)

// Log has a sequence of records for each name, which all nodes share, such as a stream of NATS JetStream with a subject for each name. The number of a record
// is higher than those of all records before it, of any name. A record that Append has acknowledged is durable.
//
// A name consists of ASCII letters, digits, '-', '_', '=', '/' and '.', and has at most 200 bytes. A record has at most [MaxRecord] bytes.
type Log interface {
	// Append adds a record to a name, if the last record of the name has the number last; 0 means that there is none. It calls done once, with the
	// number of the new record or with an error: [ErrFenced] if another node has appended a record. Any other error means that it is
	// not known whether the record was added. Append does not wait, and done must not block. Records of one name may be appended without waiting for
	// done, if last is the number that the one before will get only when that is known; so usually one is in progress for a name.
	Append(ctx context.Context, name string, record []byte, last uint64, done func(number uint64, err error))

	// Last returns the number of the last record of a name, 0 if there is none.
	Last(ctx context.Context, name string) (number uint64, err error)

	// Read calls record for each record of a name from a number on, in order, up to the last one at the time of the call. It ends with the first
	// error that record returns. The record must not be kept.
	Read(ctx context.Context, name string, from uint64, record func(number uint64, record []byte) error) error

	// Trim removes the records of a name before a number.
	Trim(ctx context.Context, name string, before uint64) error
}

// MaxRecord is the largest record of a [Log], in bytes.
const MaxRecord = 512 << 10

// ErrFenced means that another node has written to the log since, so this one does not own the object any more.
var ErrFenced = errors.New("replica: another node has written to the log of the object")
