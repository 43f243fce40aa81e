package replica

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/lingerws/linger/internal/wire"
)

// kind is what a record of a log is.
type kind uint64

const (
	// take records that another owner continues the log. Records after it have its token.
	take kind = iota + 1

	// transaction has what one or several transactions have changed. It may consist of several records, which count when the last one is there.
	transaction

	// online is a part of a snapshot that was made while transactions were appended. They come between its parts, and after them.
	online

	// offline is a part of a snapshot that begins another history: the database may have more than the records before it. It counts
	// when its last part is there. No other record comes between its parts, unless it was given up.
	offline
)

// record is a record of a log. A record consists of a checksum (CRC-32C, 4 bytes, little-endian) of the rest, which has these fields.
type record struct {
	kind     kind   // 1
	token    uint64 // 2: the fencing token of the owner that has appended it
	previous uint64 // 3: the number of the record before it; 0 if it is the first one of the name
	tx       uint64 // 4: the number of the last transaction that the database has with this record
	first    bool   // 5: the first part of a transaction or a snapshot
	last     bool   // 6: the last part
	replaced bool   // 7: the database was emptied before this transaction; in its first part
	node     string // 8: the node of the owner, of a take
	file     []byte // 9: the pages, as an LTX file; empty for a database without pages
}

// maxHeader bounds the bytes of a record besides its file.
const maxHeader = 1024

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// bytes returns the record as it is in a log.
func (r *record) bytes() []byte {
	b := make([]byte, 4, maxHeader+len(r.file))
	b = wire.AppendUint(b, 1, uint64(r.kind))
	b = wire.AppendUint(b, 2, r.token)
	b = wire.AppendUint(b, 3, r.previous)
	b = wire.AppendUint(b, 4, r.tx)
	b = wire.AppendBool(b, 5, r.first)
	b = wire.AppendBool(b, 6, r.last)
	b = wire.AppendBool(b, 7, r.replaced)
	if r.node != "" {
		b = wire.AppendString(b, 8, r.node)
	}
	if len(r.file) > 0 {
		b = wire.AppendBytes(b, 9, r.file)
	}
	binary.LittleEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli))
	return b
}

// parseRecord returns the record that bytes has made. Its file is a part of b. The error is the reason of a [DamageError].
func parseRecord(b []byte) (record, error) {
	var r record
	if len(b) < 4 || len(b) > MaxRecord {
		return r, fmt.Errorf("it has %d bytes, expected 4 to %d", len(b), MaxRecord)
	}
	if crc32.Checksum(b[4:], castagnoli) != binary.LittleEndian.Uint32(b) {
		return r, fmt.Errorf("its checksum is wrong")
	}
	fields := wire.NewReader(b[4:])
	for field, ok := fields.Next(); ok; field, ok = fields.Next() {
		r.set(field, fields)
	}
	if err := fields.Err(); err != nil {
		return r, err
	}
	if r.kind < take || r.kind > offline {
		return r, fmt.Errorf("its kind is %d, expected %d to %d: it is of a newer version of Linger, or not a record", r.kind, take, offline)
	}
	return r, nil
}

func (r *record) set(field int, fields *wire.Reader) {
	switch field {
	case 1:
		r.kind = kind(fields.Uint())
	case 2:
		r.token = fields.Uint()
	case 3:
		r.previous = fields.Uint()
	case 4:
		r.tx = fields.Uint()
	case 5:
		r.first = fields.Bool()
	case 6:
		r.last = fields.Bool()
	case 7:
		r.replaced = fields.Bool()
	case 8:
		r.node = fields.String()
	case 9:
		r.file = fields.Bytes()
	}
}

// DamageError means that a log is not what was appended to it. Nothing is restored from it.
type DamageError struct {
	Name   string // of the log
	Number uint64 // of the record
	Reason error
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("the log %s is damaged at record %d: %v; restore the log from a backup, or start the last owner of the object with its data directory and an empty log", e.Name, e.Number, e.Reason)
}

func (e *DamageError) Unwrap() error { return e.Reason }
