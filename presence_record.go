package linger

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/lingerws/linger/internal/wire"
)

// servicePresence is the service that lists the members of a channel in this process.
const servicePresence = "presence"

// presenceTopic returns the topic with the changes of the members of a channel.
func presenceTopic(channel string) string { return "presence/" + channel }

// The kinds of records on the topic. A number is never used again for another meaning.
const (
	presenceChange = 1 // members have joined or left, with the next number
	presenceBeacon = 2 // the number of the last change
	presenceEnd    = 3 // the process has no members of the channel any more
)

// The fields of records on the topic, and of responses of the service.
const (
	presenceKind        = 1 // of records on the topic
	presenceStatus      = 1 // of responses
	presenceIncarnation = 2
	presenceSequence    = 3
	presenceMember      = 4
	presenceLeft        = 5 // of records on the topic: an id
	presenceMore        = 5 // of responses

	memberID   = 1
	memberData = 2 // missing for none
)

// The fields of records to the service.
const (
	askPresenceKind    = 1 // always askMembers
	askPresenceChannel = 2
	askPresenceAfter   = 3 // the last id of the response before

	askMembers = 1
)

// maxPresenceRecord is the size, in bytes, from which the rest of a change or of a list is in another record.
const maxPresenceRecord = 64 << 10

// presenceRecord is a record on the topic, or a response of the service.
type presenceRecord struct {
	kind        uint64
	incarnation uint64
	sequence    uint64
	members     []memberRecord
	left        []string
	more        bool
	size        int // of the record that was received, in bytes
}

type memberRecord struct {
	id   string
	data *data
}

// record returns a record of the topic.
func (r *presenceRecord) record() []byte {
	b := wire.AppendUint(nil, presenceKind, r.kind)
	b = wire.AppendUint(b, presenceIncarnation, r.incarnation)
	b = wire.AppendUint(b, presenceSequence, r.sequence)
	for _, m := range r.members {
		b = wire.AppendRecord(b, presenceMember, m.append)
	}
	for _, id := range r.left {
		b = wire.AppendString(b, presenceLeft, id)
	}
	return b
}

func (m memberRecord) append(b []byte) []byte {
	b = wire.AppendString(b, memberID, m.id)
	if m.data != nil {
		b = wire.AppendBytes(b, memberData, m.data.bytes())
	}
	return b
}

// size returns about how many bytes the member takes in a record.
func (m memberRecord) size() int {
	size := len(m.id) + 12
	if m.data != nil {
		size += len(m.data.bytes())
	}
	return size
}

// parsePresence returns a record of the topic.
func parsePresence(record []byte) (presenceRecord, error) {
	r, err := readPresence(record, true)
	if err == nil && (r.kind < presenceChange || r.kind > presenceEnd || r.incarnation == 0) {
		err = fmt.Errorf("%w: kind %d", errRecord, r.kind)
	}
	return r, err
}

// parseMembers returns a response of the service of a node. The error is [ErrRefused].
func parseMembers(response []byte, node string) (presenceRecord, error) {
	r, err := readPresence(response, false)
	return r, errors.Join(statusError(r.kind, node), err)
}

// readPresence reads a record of the topic, or a response, in which the field of the kind is the status.
func readPresence(record []byte, topic bool) (presenceRecord, error) {
	p := presenceRecord{size: len(record)}
	if len(record) > 2*maxPresenceRecord { // the last entry may go beyond maxPresenceRecord
		return presenceRecord{}, errRecord
	}
	var bad error
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case presenceKind:
			p.kind = r.Uint()
		case presenceIncarnation:
			p.incarnation = r.Uint()
		case presenceSequence:
			p.sequence = r.Uint()
		case presenceMember:
			m, err := parseMember(r.Bytes())
			bad = errors.Join(bad, err)
			p.members = append(p.members, m)
		case presenceLeft:
			if !topic {
				p.more = r.Bool()
				break
			}
			if len(r.Bytes()) > maxID {
				bad = errRecord
			}
			p.left = append(p.left, r.String())
		}
		if bad != nil || len(p.members)+len(p.left) > maxMembers {
			return presenceRecord{}, errRecord
		}
	}
	return p, r.Err()
}

// parseMember returns a member in a record of another node.
func parseMember(record []byte) (m memberRecord, err error) {
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case memberID:
			m.id = r.String()
		case memberData:
			m.data = &data{saved: append([]byte{}, r.Bytes()...)}
		}
	}
	switch {
	case r.Err() != nil:
		return m, r.Err()
	case m.id == "", len(m.id) > maxID, !utf8.ValidString(m.id), m.data != nil && len(m.data.saved) > maxMemberData:
		return m, errRecord
	}
	return m, nil
}

// appendAsk appends the record that asks the service for the members of a channel.
func appendAsk(b []byte, channel, after string) []byte {
	b = wire.AppendUint(b, askPresenceKind, askMembers)
	b = wire.AppendString(b, askPresenceChannel, channel)
	return wire.AppendString(b, askPresenceAfter, after)
}

// parseAsk returns what a record to the service asks for.
func parseAsk(record []byte) (channel, after string, err error) {
	var kind uint64
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case askPresenceKind:
			kind = r.Uint()
		case askPresenceChannel:
			channel = r.String()
		case askPresenceAfter:
			after = r.String()
		}
	}
	if r.Err() != nil || kind != askMembers || checkChannel(channel) != nil || len(after) > maxID {
		return "", "", errRecord
	}
	return channel, after, nil
}
