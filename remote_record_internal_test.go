package linger

import (
	"bytes"
	"testing"

	"github.com/lingerws/linger/protocol"
)

// FuzzParseRemote checks that an operation which can be read is the same after it has been written again.
func FuzzParseRemote(f *testing.F) {
	for _, op := range []remoteOp{
		{kind: remoteSend, id: "a.1", payload: Binary([]byte{1})},
		{kind: remoteClose, id: "a.1", status: protocol.Status{Code: 4000, Reason: "x"}, discard: true},
		{kind: remoteSetData, id: "a.1", data: []byte("J1"), hasData: true},
		{kind: remoteList, channel: "lobby", after: "a.1", limit: 7},
	} {
		f.Add(op.record())
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		op, err := parseRemote(record)
		if err != nil {
			return
		}
		written := op.record()
		again, err := parseRemote(written)
		if err != nil || !bytes.Equal(again.record(), written) {
			t.Errorf("%+v is read as %+v after it has been written, with error %v", op, again, err)
		}
	})
}

// FuzzParseConnections checks that the methods of what another node has sent can be called.
func FuzzParseConnections(f *testing.F) {
	info := Info{ID: "a.1", request: "1\n2\n3\n4\n5\n/x\nName:value"}
	f.Add(info.append([]byte{8, 1, 18, 32}))
	f.Fuzz(func(t *testing.T, response []byte) {
		answer, err := parseConnections(response, "a")
		if err != nil {
			return
		}
		for _, i := range answer.infos {
			_, _, _, _, _ = i.URL(), i.Header(), i.RemoteAddr(), i.RemoteIP(), i.Subprotocol()
			var value any
			_ = i.Data(&value)
		}
	})
}

// FuzzParsePresence checks that a record of presence which can be read is the same after it has been written again.
func FuzzParsePresence(f *testing.F) {
	f.Add((&presenceRecord{kind: presenceChange, incarnation: 1, sequence: 1, members: []memberRecord{{"a.1", &data{saved: []byte("x")}}}, left: []string{"a.2"}}).record())
	f.Add((&presenceRecord{kind: presenceBeacon, incarnation: 1, sequence: 7}).record())
	f.Fuzz(func(t *testing.T, record []byte) {
		_, _ = parseMembers(record, "a")
		_, _, _ = parseAsk(record)
		r, err := parsePresence(record)
		if err != nil {
			return
		}
		written := r.record()
		again, err := parsePresence(written)
		if err != nil || !bytes.Equal(again.record(), written) {
			t.Errorf("%+v is read as %+v after it has been written, with error %v", r, again, err)
		}
	})
}
