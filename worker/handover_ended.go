package worker

import (
	"fmt"

	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/script"
)

// The fields of a hibernatable WebSocket whose connection has ended while the objects were at rest. Its object gets the close event in the new process.
const (
	endedSocket    = 1 // the record of the WebSocket
	endedCode      = 2 // the received status
	endedReason    = 3
	endedClean     = 4
	endedViolation = 5 // how the peer has broken a rule; "" if it has not
)

// endedWebSocket is such a WebSocket in the new process.
type endedWebSocket struct {
	moved     *movedSocket
	status    protocol.Status
	clean     bool
	violation string
}

// appendEnded appends a field with the record of each WebSocket whose close event waits.
func (all *objects) appendEnded(b []byte, field int) []byte {
	all.mu.Lock()
	parked := append([]*event(nil), all.parked...)
	all.mu.Unlock()
	for _, e := range parked {
		input, isClose := e.input.(*script.HibernatableClose)
		if !isClose {
			continue
		}
		if s := all.hibernatables.find(input.Socket); s != nil {
			record := wire.AppendBytes(nil, endedSocket, s.appendState(nil))
			record = wire.AppendUint(record, endedCode, uint64(input.Status.Code))
			record = wire.AppendString(record, endedReason, input.Status.Reason)
			record = wire.AppendBool(record, endedClean, input.Clean)
			record = wire.AppendString(record, endedViolation, input.Violation)
			b = wire.AppendBytes(b, field, record)
		}
	}
	return b
}

// readEnded reads the record of a WebSocket whose connection has ended.
func readEnded(record []byte) (ended endedWebSocket, err error) {
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case endedSocket:
			if ended.moved, err = readMovedSocket(r.Bytes()); err != nil {
				return ended, err
			}
		case endedCode:
			ended.status.Code = protocol.CloseCode(r.Uint()) //nolint:gosec // a code
		case endedReason:
			ended.status.Reason = r.String()
		case endedClean:
			ended.clean = r.Bool()
		case endedViolation:
			ended.violation = r.String()
		}
	}
	if ended.moved == nil || ended.moved.kind != kindHibernatable {
		return ended, fmt.Errorf("the record of a WebSocket that has ended: %w", wire.ErrFormat)
	}
	return ended, r.Err()
}

// deliverEnded passes the end of a connection in the old process to the object of its WebSocket.
func (all *objects) deliverEnded(ended endedWebSocket) {
	if all.app.sockets != nil {
		go all.app.sockets.deliverEnded(ended)
		return
	}
	all.passEnded(ended)
}

// passEnded is deliverEnded for an object that is on this node.
func (all *objects) passEnded(ended endedWebSocket) {
	s, err := all.importSocket(ended.moved)
	if err != nil {
		all.app.opts.Logger.Error("the close event of a WebSocket that has ended during the hand-over cannot be delivered", "error", err)
		return
	}
	s.endWith(ended.status, ended.clean, ended.violation, func() {})
}
