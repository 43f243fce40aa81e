package linger

import (
	"bytes"
	"errors"
	"log/slog"

	"github.com/lingerws/linger/internal/handover"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

// serveConnections does what another node has sent to the service of connections. It does not block.
func (s *Server) serveConnections(from string, record []byte, respond func([]byte)) {
	op, err := parseRemote(record)
	if err != nil {
		s.logLimited(slog.LevelWarn, "a record of another node was refused", serviceConnections,
			slog.String("node", from), slog.Any("error", err))
		respond(wire.AppendUint(nil, answerStatus, statusRefused))
		return
	}
	switch op.kind {
	case remoteInfo:
		respond(s.answerInfo(op.id))
	case remoteList:
		s.answerLater(respond, func() []byte { return s.answerList(op) })
	case remoteCount:
		s.answerLater(respond, func() []byte {
			b := wire.AppendUint(nil, answerStatus, statusDone)
			return wire.AppendUint(b, answerCount, uint64(s.countListed(op.channel))) //nolint:gosec // not negative
		})
	default:
		if err := s.applyRemote(op); err != nil && !errors.Is(err, ErrClosed) && !errors.Is(err, ErrQueueFull) {
			s.logLimited(slog.LevelWarn, "what another node has done to a connection failed", serviceConnections,
				slog.String("node", from), slog.String("connection", op.id), slog.Any("error", err))
		}
		respond(wire.AppendUint(nil, answerStatus, statusDone))
	}
}

// answerInfo returns the response about a connection.
func (s *Server) answerInfo(id string) []byte {
	socket := s.Socket(id)
	if socket == nil {
		return wire.AppendUint(nil, answerStatus, statusClosed)
	}
	info := socket.info()
	return wire.AppendRecord(wire.AppendUint(nil, answerStatus, statusDone), answerInfo, info.append)
}

// maxSearches bounds the lists and counts for other nodes that are in progress at the same time. They look at all connections.
const maxSearches = 16

// answerLater responds on another goroutine, because the next record waits for this one.
func (s *Server) answerLater(respond func([]byte), answer func() []byte) {
	if s.searches.Add(1) > maxSearches {
		s.searches.Add(-1)
		respond(wire.AppendUint(nil, answerStatus, statusBusy))
		return
	}
	go func() {
		defer s.searches.Add(-1)
		respond(answer())
	}()
}

// applyRemote does an operation on a connection of this process. It does not block.
func (s *Server) applyRemote(op remoteOp) error {
	socket := s.Socket(op.id)
	if socket == nil {
		return s.passOn(op)
	}
	switch op.kind {
	case remoteSend:
		err := socket.send(socket.publishPolicy(), op.payload, nil)
		if errors.Is(err, ErrEarlyFull) && s.options().Policy != PolicyDrop {
			socket.closeFor(tooEarly) // the sender cannot send less
		}
		return err
	case remoteClose:
		socket.startClose(op.status, op.discard)
	case remoteSubscribe:
		return socket.Subscribe(op.channel)
	case remoteUnsubscribe:
		socket.Unsubscribe(op.channel)
	case remoteJoin:
		return socket.join(op.channel, op.saved())
	case remoteLeave:
		socket.Leave(op.channel)
	case remoteSetData:
		socket.setSavedData(op.saved())
	}
	return nil
}

// saved returns the value in an operation, nil for none.
func (o *remoteOp) saved() *data {
	if !o.hasData {
		return nil
	}
	return &data{saved: o.data}
}

// setSavedData is SetData for a value that has been encoded on another node.
func (s *Socket) setSavedData(d *data) {
	s.data.Store(d)
	s.forward(setDataOp(d))
}

// passOn passes an operation to the new process if the connection has moved there in a hand-over. The error is [ErrClosed] if there is
// no hand-over.
func (s *Server) passOn(op remoteOp) error {
	g := s.giving.Load()
	if g == nil {
		return ErrClosed
	}
	moved := handover.Op{ID: op.id, Kind: opDriver}
	switch op.kind {
	case remoteSend:
		call := driver.Op{Kind: driver.OpSend, Opcode: op.payload.opcode(), Payload: bytes.Clone(op.payload.Data), Limit: s.options().SendQueue}
		moved.Body = call.Append(nil)
	case remoteClose:
		kind := driver.OpClose
		if op.discard {
			kind = driver.OpCloseDiscard
		}
		moved.Body = driver.Op{Kind: kind, Status: protocol.Status{Code: op.status.Code, Reason: op.status.Reason}}.Append(nil)
	case remoteSubscribe:
		moved.Kind, moved.Channel = opSubscribe, op.channel
	case remoteUnsubscribe:
		moved.Kind, moved.Channel = opUnsubscribe, op.channel
	case remoteJoin:
		moved.Kind, moved.Channel, moved.Body = opJoin, op.channel, setDataOp(op.saved()).Body
	case remoteLeave:
		moved.Kind, moved.Channel = opLeaveChannel, op.channel
	case remoteSetData:
		moved.Kind, moved.Body = opSetData, setDataOp(op.saved()).Body
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.forward(moved) != nil {
		return ErrClosed
	}
	return nil
}
