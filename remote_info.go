package linger

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
)

// Info is what a connection of any node was at one moment.
type Info struct {
	ID, Node string
	State    protocol.State
	Buffered int // bytes of frames that wait to be written

	request requestSnapshot
	data    *data // nil if there is none
}

// info returns what the connection is at this moment.
func (s *Socket) info() Info {
	return Info{
		ID: s.id, Node: s.server.Node(), State: s.State(), Buffered: s.Buffered(), request: s.request, data: s.data.Load(),
	}
}

// URL returns the absolute URL of the upgrade request. Each call returns a new value.
func (i *Info) URL() *url.URL { return i.request.url() }

// Header returns the header of the upgrade request. Each call returns a new value.
func (i *Info) Header() http.Header { return i.request.header() }

// RemoteAddr returns what [Socket.RemoteAddr] does.
func (i *Info) RemoteAddr() string { return i.request.field(snapshotRemote) }

// RemoteIP returns the address in RemoteAddr. It is invalid if the peer has none, as on a Unix socket.
func (i *Info) RemoteIP() netip.Addr { return i.request.addr() }

// Subprotocol returns the negotiated subprotocol, or the empty string.
func (i *Info) Subprotocol() string { return i.request.field(snapshotSubprotocol) }

// HasData reports whether the connection had a value of the application.
func (i *Info) HasData() bool { return i.data != nil }

// Data decodes the application's value for the connection, as [Data] does, into what value points to. Without a value it has no effect.
func (i *Info) Data(value any) error {
	if i.data == nil {
		return nil
	}
	if err := i.data.decodeInto(value); err != nil {
		return fmt.Errorf("linger: the data of connection %s cannot be read as %T: %w", i.ID, value, err)
	}
	return nil
}

// The fields of an Info in a record. A number is never used again for another meaning.
const (
	infoID       = 1
	infoState    = 2
	infoBuffered = 3
	infoRequest  = 4
	infoData     = 5
)

// append appends the record of an Info, without its node, which is the one that has sent it.
func (i *Info) append(b []byte) []byte {
	b = wire.AppendString(b, infoID, i.ID)
	b = wire.AppendUint(b, infoState, uint64(i.State))
	b = wire.AppendUint(b, infoBuffered, uint64(max(0, i.Buffered))) //nolint:gosec // not negative
	b = wire.AppendString(b, infoRequest, i.request.text())
	if i.data != nil {
		b = wire.AppendBytes(b, infoData, i.data.bytes())
	}
	return b
}

// parseInfo returns the Info in a record of another node. The error is [ErrRefused].
func parseInfo(record []byte, node string) (Info, error) {
	i := Info{Node: node, State: protocol.StateClosed}
	r := wire.NewReader(record)
	state := uint64(protocol.StateOpen)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case infoID:
			i.ID = r.String()
		case infoState:
			state = r.Uint()
		case infoBuffered:
			i.Buffered = int(r.Uint() & (1<<40 - 1)) //nolint:gosec // masked
		case infoRequest:
			i.request = parseSnapshot(r.String())
		case infoData:
			i.data = &data{saved: append([]byte{}, r.Bytes()...)}
		}
	}
	if state <= uint64(protocol.StateClosed) {
		i.State = protocol.State(state) //nolint:gosec // is small
	}
	if r.Err() != nil || i.ID == "" || len(i.ID) > maxID || strings.Count(string(i.request), "\n") < snapshotHeader-1 {
		return Info{}, fmt.Errorf("%w: node %s has sent a malformed description of a connection", ErrRefused, node)
	}
	return i, nil
}

// maxID bounds the id of a connection in a record of another node, in bytes.
const maxID = 128
