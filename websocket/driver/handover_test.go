package driver

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/readiness"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

func TestDriverFixedConnections(t *testing.T) {
	near, peer := wiretest.WirePair(t)
	defer func() { _ = peer.Close() }()
	secure, securePeer := wiretest.TLSPair(t, protocol.Server, near, peer)
	defer func() { _ = securePeer.Close() }()
	inMemory, _ := memconn.Pipe()
	for reason, d := range map[string]*Driver{
		"TLS":    New(secure, protocol.Server, nil, Options{}),
		"memory": New(readiness.Conn{Reporter: inMemory}, protocol.Server, nil, Options{}),
	} {
		d.Start(echo{})
		never := func(Op) (int, error) { t.Error("a call is diverted"); return 0, nil }
		for name, err := range map[string]error{
			"Movable":    d.Movable(),
			"Freeze":     d.Freeze(never),
			"FreezeNow":  d.FreezeNow(never),
			"Descriptor": d.Descriptor(func(int) error { t.Error("there is no descriptor"); return nil }),
		} {
			if !errors.Is(err, ErrFixed) || !strings.Contains(err.Error(), reason) {
				t.Errorf("%s of a connection that cannot move must say that it is because of %s; got %v", name, reason, err)
			}
		}
		d.Thaw(nil)
		d.Release()
		if _, err := d.Send(protocol.Text, []byte("still here")); err != nil {
			t.Errorf("the connection must go on; got %v", err)
		}
		if state := d.AppendState(nil); len(state) > 0 {
			t.Errorf("a connection that is not frozen has no state; got %x", state)
		}
		d.CloseNow()
	}
}

var operations = []Op{
	{Kind: OpSend, Opcode: protocol.Text, Payload: []byte("hello"), Limit: 1000},
	{Kind: OpSend, Opcode: protocol.Binary, Limit: math.MaxInt},
	{Kind: OpSend, Opcode: protocol.Binary, Limit: -1},
	{Kind: OpFragment, Opcode: protocol.Continuation, Payload: []byte("a"), Fin: true, Limit: math.MaxInt},
	{Kind: OpPing, Payload: []byte("ping"), Limit: math.MaxInt},
	{Kind: OpClose, Status: protocol.Status{Code: 4000, Reason: "bye"}, Limit: math.MaxInt},
	{Kind: OpCloseDiscard, Status: protocol.Status{Code: 1001}, Limit: math.MaxInt},
	{Kind: OpCloseEmpty, Limit: math.MaxInt},
	{Kind: OpPassClose, Status: protocol.Status{Code: protocol.CloseNoStatus}, Limit: math.MaxInt},
	{Kind: OpAnswerClose, Limit: math.MaxInt},
	{Kind: OpFail, Limit: math.MaxInt},
	{Kind: OpCloseNow, Limit: math.MaxInt},
	{Kind: OpSetCloseTimeout, Timeout: -time.Second, Limit: math.MaxInt},
}

func TestOpRecords(t *testing.T) {
	for _, op := range operations {
		got, err := ParseOp(op.Append(nil))
		if err != nil || !sameOp(got, op) {
			t.Errorf("%+v is read as %+v, %v", op, got, err)
		}
	}
	p, _ := Prepare(protocol.Text, []byte("prepared"))
	got, err := ParseOp(Op{Kind: OpSend, Prepared: p, Limit: 7}.Append(nil))
	if want := (Op{Kind: OpSend, Opcode: protocol.Text, Payload: []byte("prepared"), Limit: 7}); err != nil || !sameOp(got, want) {
		t.Errorf("a prepared message must be read as a plain one; got %+v, %v", got, err)
	}
	for _, record := range []string{"", "\x08", "\x08\x0c", "\x08\xff\xff\xff\xff\x0f"} {
		if _, err := ParseOp([]byte(record)); !errors.Is(err, ErrOp) {
			t.Errorf("%x must be refused; got %v", record, err)
		}
	}
}

func sameOp(a, b Op) bool {
	payload := bytes.Equal(a.Payload, b.Payload)
	a.Payload, b.Payload = nil, nil
	return payload && a.Kind == b.Kind && a.Opcode == b.Opcode && a.Fin == b.Fin && a.Limit == b.Limit && a.Status == b.Status && a.Timeout == b.Timeout
}

// Each kind of operation has the effect of the method.
func TestOpApplies(t *testing.T) {
	for _, op := range operations {
		near, peer := wiretest.WirePair(t)
		_ = peer.SetDeadline(time.Now().Add(wiretest.Bound))
		d := New(near, protocol.Server, nil, Options{})
		d.Start(echo{})
		want := map[OpKind]string{
			OpSend: "text \"hello\"", OpPing: "ping \"ping\"", OpClose: "close 4000 \"bye\"", OpCloseDiscard: "close 1001",
			OpCloseEmpty: "close", OpPassClose: "close",
		}[op.Kind]
		if _, err := op.Apply(d); want != "" && (err != nil) != (op.Limit < 0) {
			t.Errorf("%+v must be applied; got %v", op, err)
		}
		if want != "" && (op.Kind != OpSend || len(op.Payload) > 0) {
			if f, err := wiretest.ReadFrame(peer); err != nil || f.String() != want {
				t.Errorf("after %+v the peer must read %s; got %v, %v", op, want, f, err)
			}
		}
		d.CloseNow()
		_ = peer.Close()
	}
}

// FuzzParseOp checks that an operation which can be read is the same after it has been written again.
func FuzzParseOp(f *testing.F) {
	for _, op := range operations {
		f.Add(op.Append(nil))
	}
	f.Fuzz(func(t *testing.T, record []byte) {
		op, err := ParseOp(record)
		if err != nil {
			return
		}
		if again, err := ParseOp(op.Append(nil)); err != nil || !sameOp(again, op) {
			t.Errorf("%+v is read again as %+v, %v", op, again, err)
		}
	})
}
