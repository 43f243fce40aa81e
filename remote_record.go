package linger

import (
	"errors"
	"fmt"

	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
)

// serviceConnections is the service for operations on connections by their ids, and for lists and counts of them.
const serviceConnections = "connections"

// The kinds of records to the service. A number is never used again for another meaning.
const (
	remoteSend        = 1
	remoteClose       = 2
	remoteSubscribe   = 3
	remoteUnsubscribe = 4
	remoteSetData     = 5
	remoteInfo        = 6
	remoteList        = 7
	remoteCount       = 8
	remoteJoin        = 9
	remoteLeave       = 10
)

// The fields of the records to the service.
const (
	remoteKind    = 1
	remoteID      = 2
	remotePayload = 3
	remoteBinary  = 4
	remoteCode    = 5
	remoteReason  = 6
	remoteDiscard = 7
	remoteChannel = 8
	remoteData    = 9 // of the connection or the member; missing for none
	remoteAfter   = 10
	remoteLimit   = 11
)

// remoteOp is a record to the service.
type remoteOp struct {
	kind    uint64
	id      string
	payload Payload
	status  protocol.Status
	discard bool
	channel string
	data    []byte
	hasData bool
	after   string // of remoteList: the last id of the page before
	limit   int    // of remoteList
}

// record returns the record of an operation.
func (o remoteOp) record() []byte {
	b := wire.AppendUint(nil, remoteKind, o.kind)
	if o.id != "" {
		b = wire.AppendString(b, remoteID, o.id)
	}
	switch o.kind {
	case remoteSend:
		b = wire.AppendBytes(b, remotePayload, o.payload.Data)
		b = wire.AppendBool(b, remoteBinary, o.payload.Binary)
	case remoteClose:
		b = wire.AppendUint(b, remoteCode, uint64(o.status.Code))
		b = wire.AppendString(b, remoteReason, o.status.Reason)
		b = wire.AppendBool(b, remoteDiscard, o.discard)
	case remoteList:
		b = wire.AppendString(b, remoteAfter, o.after)
		b = wire.AppendUint(b, remoteLimit, uint64(o.limit)) //nolint:gosec // not negative
	}
	if o.channel != "" {
		b = wire.AppendString(b, remoteChannel, o.channel)
	}
	if o.hasData {
		b = wire.AppendBytes(b, remoteData, o.data)
	}
	return b
}

var errRecord = errors.New("linger: a record of another node is malformed, or of a kind that this version does not have")

// parseRemote returns the operation in a record of another node. The error is that it is not one, or is beyond a bound.
func parseRemote(record []byte) (remoteOp, error) {
	var o remoteOp
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case remoteKind:
			o.kind = r.Uint()
		case remoteID:
			o.id = r.String()
		case remotePayload:
			o.payload.Data = r.Bytes()
		case remoteBinary:
			o.payload.Binary = r.Bool()
		case remoteCode:
			o.status.Code = protocol.CloseCode(min(r.Uint(), 1<<16-1)) //nolint:gosec // at most 65,535
		case remoteReason:
			o.status.Reason = r.String()
		case remoteDiscard:
			o.discard = r.Bool()
		case remoteChannel:
			o.channel = r.String()
		case remoteData:
			o.data, o.hasData = append([]byte{}, r.Bytes()...), true
		case remoteAfter:
			o.after = r.String()
		case remoteLimit:
			o.limit = int(min(r.Uint(), maxPage)) //nolint:gosec // is small
		}
	}
	return o, errors.Join(r.Err(), o.check())
}

// check returns an error for an operation that this node cannot do.
func (o *remoteOp) check() error {
	switch {
	case o.kind < remoteSend || o.kind > remoteLeave:
		return fmt.Errorf("%w: kind %d", errRecord, o.kind)
	case o.id == "" && o.kind != remoteList && o.kind != remoteCount, len(o.id) > maxID, len(o.after) > maxID:
		return errRecord
	case len(o.data) > maxData:
		return ErrDataSize
	case o.kind == remoteJoin && len(o.data) > maxMemberData:
		return ErrPresenceData
	case o.kind == remoteClose:
		return protocol.CheckClose(o.status.Code, o.status.Reason)
	case o.kind == remoteSubscribe, o.kind == remoteUnsubscribe, o.kind == remoteJoin, o.kind == remoteLeave:
		return checkChannel(o.channel)
	case len(o.channel) > maxChannelName:
		return ErrChannelName
	}
	return nil
}

// The fields of the responses of the service.
const (
	answerStatus = 1
	answerInfo   = 2
	answerMore   = 3
	answerCount  = 4
)

// The statuses of responses of the services of a server.
const (
	statusDone    = 1
	statusClosed  = 2 // there is no such connection
	statusRefused = 3 // the record is malformed, or of an unknown kind
	statusBusy    = 4 // too many of these are in progress
)

// connectionsAnswer is a response of the service.
type connectionsAnswer struct {
	infos []Info
	more  bool
	count int
}

// parseConnections returns the response of a node. The error is [ErrClosed] or [ErrRefused].
func parseConnections(response []byte, node string) (connectionsAnswer, error) {
	var a connectionsAnswer
	var status uint64
	r := wire.NewReader(response)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case answerStatus:
			status = r.Uint()
		case answerInfo:
			info, err := parseInfo(r.Bytes(), node)
			if err != nil {
				return connectionsAnswer{}, err
			}
			a.infos = append(a.infos, info)
		case answerMore:
			a.more = r.Bool()
		case answerCount:
			a.count = int(min(r.Uint(), 1<<31-1)) //nolint:gosec // is small
		}
	}
	return a, errors.Join(r.Err(), statusError(status, node))
}

// statusError returns the error of a status, nil for statusDone.
func statusError(status uint64, node string) error {
	switch status {
	case statusDone:
		return nil
	case statusClosed:
		return ErrClosed
	case statusBusy:
		return fmt.Errorf("%w: node %s is too busy", ErrRefused, node)
	}
	return fmt.Errorf("%w: node %s has another version of this program", ErrRefused, node)
}
