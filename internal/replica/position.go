package replica

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Position is how the local database of an object relates to its log. It is stored with the database, in the transaction after which it is true. One of
// Number, Tokens and Partial is set; none of them before the database was in a log.
type Position struct {
	// Number is that of a record up to which log and database are the same.
	Number   uint64
	TX       uint64 // the number of the last transaction
	Records  uint64 // the number of records since the beginning of the last snapshot
	Bytes    uint64 // the bytes of these records
	Snapshot uint64 // those of the snapshot

	// Tokens are those of owners, on this node, whose transactions the database has all; it may have more of them than the log.
	Tokens []uint64

	// Partial is set while the database is replaced by that of the log.
	Partial bool
}

// String returns the position as text, which [ParsePosition] reads.
func (p Position) String() string {
	switch {
	case p.Partial:
		return "partial"
	case len(p.Tokens) > 0:
		return "owned" + numbers(p.Tokens...)
	case p.Number != 0:
		return "at" + numbers(p.Number, p.TX, p.Records, p.Bytes, p.Snapshot)
	default:
		return ""
	}
}

func numbers(values ...uint64) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteByte(' ')
		b.WriteString(strconv.FormatUint(v, 10))
	}
	return b.String()
}

// ErrPosition is the error of a text that is not a position.
var ErrPosition = errors.New("replica: the stored position of the database is malformed")

// ParsePosition reads the text of a position.
func ParsePosition(text string) (Position, error) {
	words := strings.Fields(text)
	if len(words) == 0 {
		return Position{}, nil
	}
	values := make([]uint64, len(words)-1)
	for i, word := range words[1:] {
		v, err := strconv.ParseUint(word, 10, 64)
		if err != nil {
			return Position{}, fmt.Errorf("%w: %q", ErrPosition, text)
		}
		values[i] = v
	}
	switch {
	case words[0] == "partial" && len(values) == 0:
		return Position{Partial: true}, nil
	case words[0] == "owned" && len(values) > 0:
		return Position{Tokens: values}, nil
	case words[0] == "at" && len(values) == 5:
		return Position{Number: values[0], TX: values[1], Records: values[2], Bytes: values[3], Snapshot: values[4]}, nil
	}
	return Position{}, fmt.Errorf("%w: %q", ErrPosition, text)
}

// has reports whether the database has all transactions of an owner.
func (p Position) has(token uint64) bool { return slices.Contains(p.Tokens, token) }

// Database is the local database of an object, for a log. While it is taken, nothing else uses it.
type Database interface {
	// Position returns the stored position.
	Position() (Position, error)

	// Apply changes the database and its position in one transaction. It returns before that is durable, and transactions become durable in order. A nil change
	// changes the position only.
	Apply(change *Change, position Position) error

	// Sync blocks until what was applied is durable.
	Sync() error

	// Pages returns the pages of the file of the database, which may change meanwhile. It has transactions that are durable, and no others, except those
	// that the file lacks when Sync or Barrier return an error.
	Pages() (Pages, error)

	// Barrier calls f after all changes that were durable before were passed to [Ship.Commit]. The error is why the file may lack some of them. f must
	// not block.
	Barrier(f func(error))
}

// Pages are the pages of a database.
type Pages interface {
	// Size returns the number of pages when they were opened.
	Size() uint32

	// Read reads a page; zeros if the database does not have it any more.
	Read(number uint32, data []byte) error

	Close() error
}
