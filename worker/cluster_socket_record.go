package worker

import (
	"fmt"

	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/script"
)

// socketRecordKind is what a record of the service "sockets" is about.
type socketRecordKind = uint64

// The kinds of records from the node of a connection to the owner of the object.
const (
	socketConnect   socketRecordKind = 1 // an offer has got a connection
	socketDrop      socketRecordKind = 2 // an offer is not used
	socketAttach    socketRecordKind = 3 // a connection looks for its object at the next owner
	socketMessage   socketRecordKind = 4
	socketPeerClose socketRecordKind = 5
	socketEnd       socketRecordKind = 6
	socketResponded socketRecordKind = 7 // an automatic response was sent
	socketTaken     socketRecordKind = 8 // bytes of messages that have left the send queue
	socketSuspend   socketRecordKind = 9 // the node of the connection hands it over to another process
)

// The kinds of records from the owner of the object to the node of the connection.
const (
	socketSend        socketRecordKind = 20
	socketClose       socketRecordKind = 21
	socketCloseEmpty  socketRecordKind = 22
	socketAnswerClose socketRecordKind = 23
	socketCloseNow    socketRecordKind = 24
	socketBegun       socketRecordKind = 25 // the number of events that the object has begun since it was attached
	socketAttached    socketRecordKind = 26 // answers socketConnect and socketAttach
	socketAttachment  socketRecordKind = 27 // the object has changed the attachment
	socketSettings    socketRecordKind = 28 // the object has changed how its WebSockets are handled
	socketDetach      socketRecordKind = 29 // the object leaves this node, or is not here
	socketRefused     socketRecordKind = 30 // there is no WebSocket for the connection
	socketSuspended   socketRecordKind = 31 // answers socketSuspend: nothing follows until the connection is attached again
)

// The fields of a record.
const (
	socketFieldKind         = 1
	socketFieldLink         = 2
	socketFieldNumber       = 3
	socketFieldPayload      = 4
	socketFieldBinary       = 5
	socketFieldCode         = 6
	socketFieldReason       = 7
	socketFieldClean        = 8
	socketFieldFailure      = 9
	socketFieldState        = 10
	socketFieldConnection   = 11
	socketFieldClass        = 12
	socketFieldObject       = 13
	socketFieldAutoRequest  = 14
	socketFieldAutoResponse = 15
	socketFieldTimeout      = 16
	socketFieldBound        = 17
	socketFieldName         = 18
)

// socketRecord is a record of the service "sockets".
type socketRecord struct {
	kind    socketRecordKind
	link    uint64               // identifies a connection while it is attached to an owner
	number  uint64               // of an offer; of events; of bytes; a time in milliseconds since 1970
	payload []byte               // of a message; an attachment
	binary  bool                 // the message is binary
	status  protocol.Status      // of a Close, or of the end of a connection
	clean   bool                 // of the end of a connection
	failure string               // what has gone wrong; "" for nothing
	state   []byte               // of a hibernatable WebSocket, as for a hand-over; nil for another one
	id      uint64               // identifies a connection for all owners
	object  script.ObjectRef     // the object of a change of settings
	auto    *script.AutoResponse // in it
	timeout uint64               // in it, in ns
	bound   uint64               // the bytes of messages that may wait at the node of the connection
}

// control reports whether the record is small, and one without which the other node cannot go on.
func (r *socketRecord) control() bool {
	return r.kind != socketMessage && r.kind != socketSend
}

// appendSocketRecord appends a record.
func appendSocketRecord(b []byte, r *socketRecord) []byte {
	b = wire.AppendUint(b, socketFieldKind, r.kind)
	b = wire.AppendUint(b, socketFieldLink, r.link)
	b = wire.AppendUint(b, socketFieldNumber, r.number)
	if r.payload != nil {
		b = wire.AppendBytes(b, socketFieldPayload, r.payload)
	}
	b = wire.AppendBool(b, socketFieldBinary, r.binary)
	b = wire.AppendUint(b, socketFieldCode, uint64(r.status.Code))
	b = appendText(b, socketFieldReason, r.status.Reason)
	b = wire.AppendBool(b, socketFieldClean, r.clean)
	b = appendText(b, socketFieldFailure, r.failure)
	if r.state != nil {
		b = wire.AppendBytes(b, socketFieldState, r.state)
	}
	b = wire.AppendUint(b, socketFieldConnection, r.id)
	b = appendText(b, socketFieldClass, r.object.Class)
	b = appendText(b, socketFieldObject, r.object.ID)
	b = appendText(b, socketFieldName, r.object.Name)
	if r.auto != nil {
		b = wire.AppendString(b, socketFieldAutoRequest, r.auto.Request)
		b = wire.AppendString(b, socketFieldAutoResponse, r.auto.Response)
	}
	b = wire.AppendUint(b, socketFieldTimeout, r.timeout)
	return wire.AppendUint(b, socketFieldBound, r.bound)
}

// readSocketRecord reads a record. Its bytes are part of b.
func readSocketRecord(b []byte) (*socketRecord, error) { //nolint:cyclop // one case for each field
	record := &socketRecord{}
	auto := func() *script.AutoResponse {
		if record.auto == nil {
			record.auto = &script.AutoResponse{}
		}
		return record.auto
	}
	r := wire.NewReader(b)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case socketFieldKind:
			record.kind = r.Uint()
		case socketFieldLink:
			record.link = r.Uint()
		case socketFieldNumber:
			record.number = r.Uint()
		case socketFieldPayload:
			record.payload = r.Bytes()
		case socketFieldBinary:
			record.binary = r.Bool()
		case socketFieldCode:
			record.status.Code = protocol.CloseCode(r.Uint()) //nolint:gosec // Close checks it
		case socketFieldReason:
			record.status.Reason = r.String()
		case socketFieldClean:
			record.clean = r.Bool()
		case socketFieldFailure:
			record.failure = r.String()
		case socketFieldState:
			record.state = r.Bytes()
		case socketFieldConnection:
			record.id = r.Uint()
		case socketFieldClass:
			record.object.Class = r.String()
		case socketFieldObject:
			record.object.ID = r.String()
		case socketFieldName:
			record.object.Name = r.String()
		case socketFieldAutoRequest:
			auto().Request = r.String()
		case socketFieldAutoResponse:
			auto().Response = r.String()
		case socketFieldTimeout:
			record.timeout = r.Uint()
		case socketFieldBound:
			record.bound = r.Uint()
		}
	}
	switch {
	case r.Err() != nil:
		return nil, r.Err()
	case record.kind == 0:
		return nil, fmt.Errorf("the record of a WebSocket has no kind: %w", wire.ErrFormat)
	case record.link == 0 && record.kind != socketDrop && record.kind != socketSettings:
		return nil, fmt.Errorf("the record of a WebSocket, of the kind %d, has no link: %w", record.kind, wire.ErrFormat)
	}
	return record, nil
}
