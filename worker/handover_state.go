package worker

import (
	"errors"
	"fmt"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/worker/internal/script"
)

// The state of a connection that moves to another process is a record. That of a connection with the functional events has only its trace
// context: the server has its data and its channels.
const (
	stateKind        = 1 // see below; 0 for a connection that Go code has accepted, which has no record
	stateTraceParent = 2
	stateTraceState  = 3

	// The fields of a hibernatable WebSocket.
	stateClass        = 4
	stateObject       = 5  // the ID of the object
	stateObjectName   = 6  // its name, if it has one
	stateNumber       = 7  // the number of the WebSocket, without its sign: the order of acceptance
	stateTag          = 8  // one of the tags, in order
	stateAttachment   = 9  // missing without one
	stateSentClose    = 10 // the object has closed its half
	stateGotClose     = 11 // the object has got the peer's Close
	stateAborted      = 12 // the object gets no more events
	stateRespondedAt  = 13 // the time of the last automatic response, in milliseconds since 1970
	stateAutoRequest  = 14 // the automatic response of the object; missing without one
	stateAutoResponse = 15
	stateEventTimeout = 16 // the event timeout of the object in ns; 0 for that of the application
	stateConnection   = 17 // identifies the connection in the cluster, if the object is on another node
)

// The kinds of connections.
const (
	kindFunctional   = 1
	kindHibernatable = 2
	kindRelayed      = 3 // a hibernatable WebSocket whose object is on another node
)

// Why a connection cannot move.
var (
	errTied       = errors.New(`the application accepted it with reload: "close", so that it depends on variables of the script`)
	errPairSocket = errors.New("it has a WebSocket object of the application, such as one end of a WebSocketPair, whose listeners are part of the script")
)

// movable returns why the connection of an assignment cannot move to another process, nil if it can.
func (assigned *assignment) movable() error {
	switch {
	case assigned == nil:
		return nil
	case assigned.tied != nil:
		return errTied
	case assigned.object == nil:
		return nil
	}
	switch object := assigned.object.(type) {
	case *hibernatable:
		return nil
	case *relay:
		return object.movable()
	}
	return errPairSocket
}

// Export implements [linger.Mover].
func (h handler) Export(socket *linger.Socket) ([]byte, error) {
	assigned := h.app.assignments.find(socket)
	if err := assigned.movable(); err != nil {
		return nil, err
	}
	switch {
	case assigned == nil:
		return nil, nil
	case assigned.object != nil:
		if r, ok := assigned.object.(*relay); ok {
			return r.export(), nil
		}
		s, _ := assigned.object.(*hibernatable)
		return s.appendState(nil), nil
	}
	b := wire.AppendUint(nil, stateKind, kindFunctional)
	if assigned.trace != (TraceContext{}) {
		b = wire.AppendString(b, stateTraceParent, assigned.trace.Parent)
		b = wire.AppendString(b, stateTraceState, assigned.trace.State)
	}
	return b, nil
}

// appendState appends the state of the WebSocket, and of its object.
func (s *hibernatable) appendState(b []byte) []byte { //nolint:unparam // it appends, as all functions of this name
	return s.object.sockets.appendState(s.appendFields(b, s.object.target().ObjectRef))
}

// appendFields appends the state of the WebSocket.
func (s *hibernatable) appendFields(b []byte, ref script.ObjectRef) []byte {
	b = wire.AppendUint(b, stateKind, kindHibernatable)
	b = wire.AppendString(b, stateClass, ref.Class)
	b = wire.AppendString(b, stateObject, ref.ID)
	b = wire.AppendString(b, stateObjectName, ref.Name)
	b = wire.AppendUint(b, stateNumber, uint64(-s.number)) //nolint:gosec // is negative
	for _, tag := range s.tags {
		b = wire.AppendString(b, stateTag, tag)
	}
	b = wire.AppendUint(b, stateRespondedAt, uint64(s.respondedAt.Load())) //nolint:gosec // is not negative
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.attachment != nil {
		b = wire.AppendString(b, stateAttachment, *s.attachment)
	}
	b = wire.AppendBool(b, stateSentClose, s.sentClose)
	b = wire.AppendBool(b, stateGotClose, s.gotClose)
	return wire.AppendBool(b, stateAborted, s.aborted)
}

// appendState appends how the WebSockets of the object are handled.
func (all *objectSockets) appendState(b []byte) []byte {
	if auto := all.autoResponse.Load(); auto != nil {
		b = wire.AppendString(b, stateAutoRequest, auto.Request)
		b = wire.AppendString(b, stateAutoResponse, auto.Response)
	}
	return wire.AppendUint(b, stateEventTimeout, uint64(all.eventTimeout.Load())) //nolint:gosec // is not negative
}

// movedSocket is the state of a connection that has moved to this process.
type movedSocket struct {
	kind         uint64
	trace        TraceContext
	object       script.ObjectRef
	hibernatable hibernatable // without its object
	auto         *script.AutoResponse
	eventTimeout time.Duration
	connection   uint64 // identifies the connection in the cluster
}

// readMovedSocket reads the record of a connection.
func readMovedSocket(record []byte) (m *movedSocket, err error) { //nolint:cyclop // one case for each field
	m = &movedSocket{}
	auto := func() *script.AutoResponse {
		if m.auto == nil {
			m.auto = &script.AutoResponse{}
		}
		return m.auto
	}
	r, s := wire.NewReader(record), &m.hibernatable
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case stateKind:
			m.kind = r.Uint()
		case stateTraceParent:
			m.trace.Parent = r.String()
		case stateTraceState:
			m.trace.State = r.String()
		case stateClass:
			m.object.Class = r.String()
		case stateObject:
			m.object.ID = r.String()
		case stateObjectName:
			m.object.Name = r.String()
		case stateNumber:
			s.number = -int(r.Uint()) //nolint:gosec // a number of this program
		case stateTag:
			s.tags = append(s.tags, r.String())
		case stateAttachment:
			text := r.String()
			s.attachment = &text
		case stateSentClose:
			s.sentClose = r.Bool()
		case stateGotClose:
			s.gotClose = r.Bool()
		case stateAborted:
			s.aborted = r.Bool()
		case stateRespondedAt:
			s.respondedAt.Store(int64(r.Uint())) //nolint:gosec // a time
		case stateAutoRequest:
			auto().Request = r.String()
		case stateAutoResponse:
			auto().Response = r.String()
		case stateEventTimeout:
			m.eventTimeout = time.Duration(r.Uint()) //nolint:gosec // a time
		case stateConnection:
			m.connection = r.Uint()
		}
	}
	return m, r.Err()
}

// Import implements [linger.Mover]. A connection with the functional events gets a worker.
func (h handler) Import(socket *linger.Socket, state []byte) error {
	if len(state) == 0 {
		return nil
	}
	m, err := readMovedSocket(state)
	if err != nil {
		return err
	}
	switch m.kind {
	case kindFunctional:
		h.app.assignments.add(socket, &assignment{worker: h.app.workerForObject(), trace: m.trace})
		return nil
	case kindHibernatable:
		if h.app.sockets != nil { // the object is placed first, with its storage
			m.connection = newLink()
			return h.app.importRelay(socket, m)
		}
		s, err := h.app.objects.importSocket(m)
		if err == nil {
			s.connect(socket)
		}
		return err
	case kindRelayed:
		return h.app.importRelay(socket, m)
	}
	return fmt.Errorf("the state of the connection has the kind %d, expected 1 to 3", m.kind)
}

// importSocket adds a hibernatable WebSocket that has moved to this process.
func (all *objects) importSocket(m *movedSocket) (*hibernatable, error) {
	if !all.app.opts.Bindings.hasClass(m.object.Class) {
		return nil, fmt.Errorf("the WebSocket belongs to an object of the class %s, for which the application has no binding", m.object.Class)
	}
	o := all.use(m.object) // until the WebSocket is removed
	s := &m.hibernatable
	s.object = o
	all.hibernatables.insert(s)
	if !o.sockets.add(s) {
		all.hibernatables.remove(s)
		o.done()
		return nil, fmt.Errorf("the object has %d WebSockets already", maxHibernatables)
	}
	if m.auto != nil {
		o.sockets.autoResponse.CompareAndSwap(nil, m.auto)
	}
	o.sockets.eventTimeout.CompareAndSwap(0, int64(m.eventTimeout))
	return s, nil
}

// Moved implements [linger.Mover]: the connection is in another process.
func (h handler) Moved(socket *linger.Socket) {
	assigned := h.app.assignments.find(socket)
	if assigned == nil {
		return
	}
	h.app.assignments.remove(socket)
	switch object := assigned.object.(type) {
	case *hibernatable:
		object.remove()
	case *relay:
		object.forget()
	}
}
