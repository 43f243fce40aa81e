package linger

import (
	"errors"
	"fmt"

	"github.com/lingerws/linger/internal/wire"
)

// The fields of a record on the topic of a channel. A number is never used again for another meaning.
const (
	recordKind        = 1 // the kind of the record
	recordBinary      = 2
	recordPayload     = 3
	recordExcept      = 4 // the id of a connection that does not get the message (repeated)
	recordIncarnation = 5 // with the next: identifies the publication
	recordSequence    = 6
)

// kindPublication is the kind of a record that has a message.
const kindPublication = 1

// recordOverhead is about the size of a record without its payload, and of the id of a connection.
const recordOverhead = 48

// errRecordKind is the error of a record that a newer version has made.
var errRecordKind = errors.New("linger: the kind of the record is unknown, its node probably has a newer version")

// maxExcept bounds the connections that do not get a publication, in a record.
const maxExcept = 16384

var errRecordExcept = fmt.Errorf("linger: more than %d connections of other nodes do not get the message, or one of their ids is too long", maxExcept)

var errRecordSequence = errors.New("linger: the record of a publication has no sequence number")

// record returns the record of a publication.
func (p *publication) record() []byte {
	b := make([]byte, 0, len(p.Data)+recordOverhead+len(p.except)*recordOverhead)
	b = wire.AppendUint(b, recordKind, kindPublication)
	b = wire.AppendBool(b, recordBinary, p.Binary)
	b = wire.AppendUint(b, recordIncarnation, p.incarnation)
	b = wire.AppendUint(b, recordSequence, p.sequence)
	for _, id := range p.except {
		b = wire.AppendString(b, recordExcept, id)
	}
	return wire.AppendBytes(b, recordPayload, p.Data)
}

// parsePublicationRecord reads the record of a publication, whose payload is part of it.
func parsePublicationRecord(record []byte) (publication, error) {
	var p publication
	var bad error
	kind := uint64(0)
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case recordKind:
			kind = r.Uint()
		case recordBinary:
			p.Binary = r.Bool()
		case recordPayload:
			p.Data = r.Bytes()
		case recordExcept:
			if len(p.except) >= maxExcept || len(r.Bytes()) > maxID {
				bad = errRecordExcept
				break
			}
			p.except = append(p.except, r.String())
		case recordIncarnation:
			p.incarnation = r.Uint()
		case recordSequence:
			p.sequence = r.Uint()
		}
	}
	if err := errors.Join(r.Err(), bad); err != nil {
		return publication{}, err
	}
	if kind != kindPublication {
		return publication{}, fmt.Errorf("%w (kind %d)", errRecordKind, kind)
	}
	if p.sequence == 0 {
		return publication{}, errRecordSequence
	}
	return p, nil
}
