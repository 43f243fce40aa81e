package driver

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/deflate"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// deflatingPeer is a peer with compression that knows nothing of a hand-over.
type deflatingPeer struct {
	wiretest.Far
	out *deflate.Deflater
	in  *deflate.Inflater
}

// sendPiece sends a fragment of a compressed message.
func (p *deflatingPeer) sendPiece(t *testing.T, piece []byte, first, last bool) {
	t.Helper()
	payload := p.out.Deflate(nil, piece, last)
	h := protocol.Header{Fin: last, Length: int64(len(payload)), Masked: p.Role == protocol.Server, Key: [4]byte{1, 2, 3, 4}}
	if first {
		h.Opcode, h.RSV = protocol.Binary, 4 // RFC 7692, section 6
	}
	if h.Masked {
		protocol.Mask(h.Key, 0, payload)
	}
	p.Send(t, append(h.Append(nil), payload...))
}

// wantMessage reads a compressed message and returns the length of its payload on the wire.
func (p *deflatingPeer) wantMessage(t *testing.T, want []byte) int {
	t.Helper()
	got, err := p.ReadFrame(t)
	if err != nil || got.Op != protocol.Binary {
		t.Fatalf("the peer must read a binary message; got %v, %v", got, err)
	}
	plain, err := p.in.Inflate(nil, got.Payload, 1<<20)
	if err != nil || !bytes.Equal(plain, want) {
		t.Fatalf("the peer must read a message of %d bytes; got %d, %v", len(want), len(plain), err)
	}
	return len(got.Payload)
}

// settled waits until the connection has read everything that was sent to it.
func (p *deflatingPeer) settled(t *testing.T) {
	t.Helper()
	p.Send(t, p.Frame(protocol.Ping, []byte("read?")))
	p.WantFrame(t, `pong "read?"`)
}

// A connection with compression moves between messages, and between the fragments of one. The peer goes on with its windows,
// and what was said before the hand-over is still in them.
func TestDriverMovesCompression(t *testing.T) {
	for _, role := range []protocol.Role{protocol.Server, protocol.Client} {
		for _, window := range []deflate.Window{{}, {Bits: 9}, {NoContextTakeover: true}, {Bits: 12, NoContextTakeover: true}} {
			t.Run(fmt.Sprint(role, window), func(t *testing.T) { moveCompressed(t, role, window) })
		}
	}
}

// newDeflating returns a started connection with compression that echoes messages, and its peer. The windows are those of the
// peer's messages and of ours.
func newDeflating(t *testing.T, role protocol.Role, in, out deflate.Window, opts Options) (*Driver, *deflatingPeer) {
	t.Helper()
	near, far := wiretest.WirePair(t)
	_ = far.SetDeadline(time.Now().Add(wiretest.Bound))
	t.Cleanup(func() { _ = far.Close() })
	d := newDriver(newTransport(near, &opts), role, nil, opts, terms{compression: newCompressor(out, in, *opts.Compression)})
	d.Start(echo{})
	return d, &deflatingPeer{Far: wiretest.Far{Conn: far, TCP: far, R: bufio.NewReader(far), Role: role},
		out: deflate.NewDeflater(in, deflate.Options{}), in: deflate.NewInflater(out)}
}

// moved returns the connection as another process has it, with these options. Calls are not diverted.
func moved(t *testing.T, d *Driver, opts Options) *Driver {
	t.Helper()
	return movedWith(t, d, opts, func() []byte { return d.AppendState(nil) })
}

// movedWith is moved with a state that need not be that of the connection.
func movedWith(t *testing.T, d *Driver, opts Options, state func() []byte) *Driver {
	t.Helper()
	divert := func(op Op) (int, error) {
		t.Errorf("no call may be diverted; got %+v", op)
		return 0, nil
	}
	err := d.Freeze(divert)
	for deadline := time.Now().Add(wiretest.Bound); errors.Is(err, ErrBusy) && time.Now().Before(deadline); err = d.Freeze(divert) {
		time.Sleep(time.Millisecond)
	}
	var fd int
	if err == nil {
		err = d.Descriptor(func(own int) (err error) {
			fd, err = unix.FcntlInt(uintptr(own), unix.F_DUPFD_CLOEXEC, 0)
			return err
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	next, err := Restore(fd, state(), opts)
	if err != nil {
		t.Fatal(err)
	}
	d.Release()
	next.Start(echo{})
	return next
}

func moveCompressed(t *testing.T, role protocol.Role, window deflate.Window) {
	// The windows of the two directions differ, so that none is taken for the other.
	back := deflate.Window{Bits: 11, NoContextTakeover: window.NoContextTakeover}
	opts := Options{Compression: &deflate.Options{Threshold: 1}}
	d, peer := newDeflating(t, role, window, back, opts)
	move := func() {
		peer.settled(t)
		d = moved(t, d, opts)
	}
	random := rand.New(rand.NewPCG(1, uint64(window.Bits)))
	message := make([]byte, 400) // smaller than the smallest window
	for i := range message {
		message[i] = byte(random.Uint32())
	}
	for i := range 6 {
		move()
		peer.sendPiece(t, message[:150], true, false)
		move()
		peer.sendPiece(t, message[150:300], false, false)
		if i%2 == 0 {
			move()
		}
		peer.sendPiece(t, message[300:], false, true)
		size := peer.wantMessage(t, message)
		if repeated := i > 0 && !window.NoContextTakeover; repeated && size > 50 {
			t.Errorf("message %d has been sent before, so that few bytes suffice; got %d", i, size)
		}
	}
	d.CloseNow()
}

// In the new process compression may be configured in another way, or not at all; what was negotiated remains.
func TestDriverMovesCompressionToOtherOptions(t *testing.T) {
	for _, options := range []*deflate.Options{nil, {WindowBits: 9, NoContextTakeover: true, Level: 9, Threshold: 1}} {
		d, peer := newDeflating(t, protocol.Server, deflate.Window{}, deflate.Window{}, Options{Compression: &deflate.Options{}})
		message := bytes.Repeat([]byte("what was said before "), 10)
		for range 2 {
			peer.sendPiece(t, message, true, true)
			peer.wantMessage(t, message)
			d = moved(t, d, Options{Compression: options})
		}
		peer.sendPiece(t, message, true, true)
		if size := peer.wantMessage(t, message); size > 50 {
			t.Errorf("with the options %+v a repeated message must be short, as before; got %d bytes", options, size)
		}
		d.CloseNow()
	}
}

// The windows of a state of each version remain readable: see TestDriverRestoresGolden.
func TestDriverRestoresGoldenCompression(t *testing.T) {
	opts := Options{Compression: &deflate.Options{}, KeepAlive: -1}
	d, peer := newDeflating(t, protocol.Server, deflate.Window{Bits: 10}, deflate.Window{Bits: 12}, opts)
	message := []byte("a message of more than the sixty-four bytes from which on the other end compresses it too")
	peer.sendPiece(t, message, true, true)
	peer.wantMessage(t, message)
	d = movedWith(t, d, opts, func() []byte { return goldenState(t, "compression", d) })
	peer.sendPiece(t, message, true, true)
	if size := peer.wantMessage(t, message); size > 20 {
		t.Errorf("a repeated message must be short; got %d bytes", size)
	}
	d.CloseNow()
}
