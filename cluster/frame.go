package cluster

import (
	"encoding/binary"
	"sync/atomic"
)

// A message of NATS is a frame: a header, and a record or a part of one. The header consists of
//
//	version      1 byte, 1
//	flags        1 byte
//	incarnation  8 bytes, big-endian, of the sender
//	sequence     8 bytes, big-endian: higher than those of all frames that the sender has sent before
//	node         1 byte with its length, and the name of the sender
type frame struct {
	from     address
	sequence uint64
	flags    byte
	payload  []byte
}

const (
	frameVersion = 1
	frameHeader  = 19 // without the name

	flagFirst   = 1 << 0 // the first part of a record
	flagLast    = 1 << 1 // the last part of a record; a record that is not divided has both flags
	flagRefused = 1 << 2 // the response was too large to be sent
)

// appendFrame appends a frame.
func appendFrame(b []byte, f frame) []byte {
	b = append(b, frameVersion, f.flags)
	b = binary.BigEndian.AppendUint64(b, f.from.incarnation)
	b = binary.BigEndian.AppendUint64(b, f.sequence)
	b = append(b, byte(len(f.from.node)))
	b = append(b, f.from.node...)
	return append(b, f.payload...)
}

// parseFrame parses what another node has sent. The payload is a part of message.
func parseFrame(message []byte) (f frame, ok bool) {
	if len(message) < frameHeader || message[0] != frameVersion {
		return frame{}, false
	}
	name := int(message[18])
	if len(message) < frameHeader+name {
		return frame{}, false
	}
	f = frame{
		from: address{
			node:        string(message[frameHeader : frameHeader+name]),
			incarnation: binary.BigEndian.Uint64(message[2:]),
		},
		sequence: binary.BigEndian.Uint64(message[10:]),
		flags:    message[1],
		payload:  message[frameHeader+name:],
	}
	return f, checkNode(f.from.node) && f.from.incarnation != 0
}

// maxSenders bounds the senders of one topic or service that are distinguished. The one that was silent for longest is replaced.
const maxSenders = 256

// senders has what is known of the senders of one topic, service or response: it puts records together of their parts, and refuses frames that
// come twice or out of order. It is for one goroutine.
type senders struct {
	list []*sender // the last one that has sent is the first
}

type sender struct {
	address  address
	sequence uint64 // of its last frame
	record   []byte // the parts of the record that is incomplete
	partial  bool   // there is an incomplete record
}

// fault is why a frame was not delivered.
type fault uint8

const (
	faultNone      fault = iota
	faultMalformed       // it is not a frame
	faultOrder           // it came twice, or later than frames after it
	faultGap             // a part of its record was lost
	faultSize            // its record is larger than MaxRecord
	faultOverrun         // too much waits to be delivered
	faultUnserved        // there is no function for it any more
)

// assembly bounds the records that are put together of parts.
type assembly struct {
	maxRecord int          // bytes of one record
	maxBytes  int64        // bytes of all records that are incomplete
	bytes     atomic.Int64 // of those
}

// accept adds a frame. It returns the record that is complete with it, if there is one.
func (s *senders) accept(f frame, limit *assembly) (record []byte, complete bool, why fault) {
	from := s.find(f.from, limit)
	if f.sequence <= from.sequence {
		return nil, false, faultOrder
	}
	next := f.sequence == from.sequence+1
	from.sequence = f.sequence
	first, last := f.flags&flagFirst != 0, f.flags&flagLast != 0
	if from.partial && (first || !next) {
		from.forget(limit)
		why = faultGap // of the record before, or of this one
	}
	switch {
	case first && last:
		return f.payload, true, why
	case !first && !from.partial:
		return nil, false, faultGap
	case len(from.record)+len(f.payload) > limit.maxRecord || limit.bytes.Load()+int64(len(f.payload)) > limit.maxBytes:
		from.forget(limit)
		return nil, false, faultSize
	}
	from.partial = true
	from.record = append(from.record, f.payload...)
	limit.bytes.Add(int64(len(f.payload)))
	if !last {
		return nil, false, why
	}
	record = from.record
	from.forget(limit)
	return record, true, why
}

// forget drops the incomplete record of a sender.
func (s *sender) forget(limit *assembly) {
	limit.bytes.Add(-int64(len(s.record)))
	s.record, s.partial = nil, false
}

// clear forgets all senders.
func (s *senders) clear(limit *assembly) {
	for _, from := range s.list {
		from.forget(limit)
	}
	s.list = nil
}

// interrupt drops the incomplete record of a process that is gone. Its sequence stays known, since the process may only be cut off: when
// the link is restored, frames of before the cut may come after later ones.
func (s *senders) interrupt(a address, limit *assembly) {
	for _, from := range s.list {
		if from.address == a {
			from.forget(limit)
		}
	}
}

// find returns the sender with an address, and adds it if there is none.
func (s *senders) find(a address, limit *assembly) *sender {
	for i, from := range s.list {
		if from.address == a {
			copy(s.list[1:i+1], s.list[:i])
			s.list[0] = from
			return from
		}
	}
	if len(s.list) == maxSenders {
		s.list[maxSenders-1].forget(limit)
		s.list = s.list[:maxSenders-1]
	}
	s.list = append([]*sender{{address: a}}, s.list...)
	return s.list[0]
}
