package ordered

import (
	"fmt"

	"github.com/lingerws/linger/internal/wire"
)

// The kinds of frames.
const (
	frameData  = 1 // a record, with an acknowledgement
	frameAck   = 2 // an acknowledgement
	frameReset = 3 // the stream to the end "to" has ended
)

// The fields of a frame.
const (
	fieldKind   = 1
	fieldFrom   = 2
	fieldTo     = 3
	fieldNumber = 4
	fieldAck    = 5
	fieldRecord = 6
	fieldGap    = 7
	fieldPing   = 8
	fieldMore   = 9
)

// frame is what nodes send to each other.
type frame struct {
	kind     uint64
	from, to uint64 // the ends of the stream; to is 0 while the sender has no frame of the other end
	number   uint64 // of the record or piece, counted from 1
	ack      uint64 // the number of the last one that has arrived
	record   []byte // or a piece of it
	more     bool   // another piece of the record follows
	gap      bool   // frames after ack are missing
	ping     bool   // an acknowledgement is expected at once
}

func appendFrame(b []byte, f frame) []byte {
	b = wire.AppendUint(b, fieldKind, f.kind)
	b = wire.AppendUint(b, fieldFrom, f.from)
	b = wire.AppendUint(b, fieldTo, f.to)
	b = wire.AppendUint(b, fieldNumber, f.number)
	b = wire.AppendUint(b, fieldAck, f.ack)
	b = wire.AppendBool(b, fieldGap, f.gap)
	b = wire.AppendBool(b, fieldPing, f.ping)
	b = wire.AppendBool(b, fieldMore, f.more)
	if f.kind == frameData {
		b = wire.AppendBytes(b, fieldRecord, f.record)
	}
	return b
}

// readFrame reads a frame, whose record is part of b.
func readFrame(b []byte) (f frame, err error) { //nolint:cyclop // one case for each field
	r := wire.NewReader(b)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case fieldKind:
			f.kind = r.Uint()
		case fieldFrom:
			f.from = r.Uint()
		case fieldTo:
			f.to = r.Uint()
		case fieldNumber:
			f.number = r.Uint()
		case fieldAck:
			f.ack = r.Uint()
		case fieldRecord:
			f.record = r.Bytes()
		case fieldGap:
			f.gap = r.Bool()
		case fieldPing:
			f.ping = r.Bool()
		case fieldMore:
			f.more = r.Bool()
		}
	}
	switch {
	case r.Err() != nil:
		return frame{}, r.Err()
	case f.kind == frameReset && f.to != 0:
	case f.kind == frameData && f.from != 0 && f.number != 0:
	case f.kind == frameAck && f.from != 0:
	default:
		return frame{}, fmt.Errorf("ordered: a frame of the kind %d from the end %d to %d: %w", f.kind, f.from, f.to, wire.ErrFormat)
	}
	return f, nil
}
