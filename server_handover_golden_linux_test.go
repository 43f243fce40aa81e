package linger_test

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/wire"
)

var update = flag.Bool("update", false, "record the hand-overs that are missing in testdata/handover")

// TestReceiveGolden plays what an old process of version 1 has sent on the link to a server of this version, which takes a connection
// over in the middle of a message. So every version of the link and of the state that was ever written remains readable. With
// -update a hand-over is recorded if the file is missing; the file is never changed.
func TestReceiveGolden(t *testing.T) {
	const file = "testdata/handover/v1.txt"
	text, err := os.ReadFile(file)
	if os.IsNotExist(err) && *update {
		text = []byte(recordHandover(t))
		err = os.WriteFile(file, text, 0o644)
	}
	if err != nil {
		t.Fatalf("%v; run the test with -update to record it", err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	to := serveTCP(t, linger.HandlerFuncs{OnMessage: echo}, linger.Options{})
	near, far := tcpPair(t)
	ours, theirs := newLink(t)
	ended := make(chan error, 1)
	received := make(chan error, 1)
	go func() {
		received <- to.Receive(context.Background(), theirs, linger.ReceiveOptions{Ended: func(err error) { ended <- err }})
	}()
	id := playHandover(t, lines, ours, near)
	if err := <-received; err != nil {
		t.Fatalf("Receive takes over what version 1 sends; got %v", err)
	}
	if err := <-ended; err != nil {
		t.Fatalf("the hand-over is complete; got %v", err)
	}
	c := newClient(t, far)
	s := to.Socket(id)
	if s == nil {
		t.Fatalf("the connection %q has moved; got none", id)
	}
	if data, err := linger.Data[map[string]string](s); err != nil || data["name"] != "Ada" {
		t.Errorf("the data has moved; got %v, %v", data, err)
	}
	if got := s.Channels(); !slices.Equal(got, []string{"lobby", "news"}) {
		t.Errorf("the subscriptions have moved; got %q", got)
	}
	c.write(fragmentEnd)
	c.want("text hello")
	if n, err := to.Publish("news", linger.Text("item")); n != 1 || err != nil {
		t.Errorf("a publication is delivered; got %d, %v", n, err)
	}
	c.want("text item")
	c.leave()
}

// The two fragments of a text.
var (
	fragmentBegin = []byte("\x01\x83\x00\x00\x00\x00hel")
	fragmentEnd   = []byte("\x80\x82\x00\x00\x00\x00lo")
)

// tcpPair returns the two ends of a connection.
func tcpPair(t *testing.T) (near *net.TCPConn, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if far, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	accepted, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	near, _ = accepted.(*net.TCPConn)
	t.Cleanup(func() { _, _ = near.Close(), far.Close() })
	return near, far
}

// playHandover plays the old process of a recorded hand-over, and returns the id of the connection that it announces, whose
// descriptor is that of conn.
func playHandover(t *testing.T, lines []string, link *net.UnixConn, conn *net.TCPConn) (id string) {
	t.Helper()
	const announce = 7
	for len(lines) > 0 {
		from, kind, rights := "", byte(0), 0
		if _, err := fmt.Sscan(lines[0], &from, &kind, &rights); err != nil {
			t.Fatalf("%q: %v", lines[0], err)
		}
		end := 1
		for end < len(lines) && strings.HasPrefix(lines[end], "\t") {
			end++
		}
		fields := slices.Clone(lines[1:end])
		lines = lines[end:]
		for i := range fields {
			fields[i] = fields[i][1:]
		}
		body, err := wire.ParseLines(fields)
		if err != nil {
			t.Fatal(err)
		}
		if from == "new" {
			if got := readMessage(t, link); got != kind {
				t.Fatalf("the new process sends a message of kind %d; got %d", kind, got)
			}
			continue
		}
		if kind == announce {
			r := wire.NewReader(body)
			r.Next()
			id = r.String()
		}
		sendMessage(t, link, kind, body, rights, conn)
	}
	return id
}

// readMessage reads a message of the new process, and returns its kind.
func readMessage(t *testing.T, link io.Reader) byte {
	t.Helper()
	var header [6]byte
	if _, err := io.ReadFull(link, header[:]); err != nil {
		t.Fatalf("the new process goes on; got %v", err)
	}
	if _, err := io.CopyN(io.Discard, link, int64(binary.BigEndian.Uint32(header[:]))); err != nil {
		t.Fatal(err)
	}
	return header[4]
}

func sendMessage(t *testing.T, link *net.UnixConn, kind byte, body []byte, rights int, conn *net.TCPConn) {
	t.Helper()
	b := binary.BigEndian.AppendUint32(nil, uint32(len(body)))
	b = append(append(b, kind, byte(rights)), body...)
	var oob []byte
	if rights > 0 {
		file, err := conn.File()
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = file.Close() }()
		oob = unix.UnixRights(int(file.Fd()))
	}
	if _, _, err := link.WriteMsgUnix(b, oob, nil); err != nil {
		t.Fatal(err)
	}
}

// recordHandover returns what passes on the link when a connection moves.
func recordHandover(t *testing.T) string {
	t.Helper()
	sockets := make(chan *linger.Socket, 1)
	from := serveTCP(t, linger.HandlerFuncs{OnUpgrade: accept(linger.AcceptOptions{}, sockets), OnMessage: echo}, linger.Options{})
	to := serveTCP(t, linger.HandlerFuncs{OnMessage: echo}, linger.Options{})
	c := from.connect()
	s := <-sockets
	if err := s.SetData(map[string]string{"name": "Ada"}); err != nil {
		t.Fatal(err)
	}
	for _, channel := range []string{"lobby", "news"} {
		if err := s.Subscribe(channel); err != nil {
			t.Fatal(err)
		}
	}
	c.write(fragmentBegin)
	c.ping("read?")
	c.want("pong read?")
	ours, nearOld := newLink(t)
	nearNew, theirs := newLink(t)
	var r recorder
	go r.pass("old", nearOld, nearNew)
	go r.pass("new", nearNew, nearOld)
	h := &handingOver{t: t, ended: make(chan struct{}), bye: make(chan error, 1)}
	go func() {
		defer close(h.ended)
		h.report, h.err = from.Handover(context.Background(), ours, linger.HandoverOptions{})
	}()
	if err := to.Receive(t.Context(), theirs, linger.ReceiveOptions{Ended: func(err error) { h.bye <- err }}); err != nil {
		t.Fatal(err)
	}
	h.end()
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

// recorder passes the messages of a link on and writes them down, in an order in which they were sent.
type recorder struct {
	mu   sync.Mutex
	text strings.Builder
}

// pass passes on what one end sends until it ends.
func (r *recorder) pass(who string, from, to *net.UnixConn) {
	defer func() { _ = to.CloseWrite() }()
	var pending []byte
	buffer, oob := make([]byte, 64<<10), make([]byte, 4096)
	for {
		n, rights, _, _, err := from.ReadMsgUnix(buffer, oob)
		if err != nil || n == 0 {
			return
		}
		pending = r.record(who, append(pending, buffer[:n]...))
		_, _, err = to.WriteMsgUnix(buffer[:n], passRights(oob[:rights]), nil)
		if err != nil {
			return
		}
	}
}

// record writes complete messages down, and returns the rest.
func (r *recorder) record(who string, b []byte) (rest []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(b) >= 6 {
		size := 6 + int(binary.BigEndian.Uint32(b))
		if len(b) < size {
			break
		}
		fmt.Fprintln(&r.text, who, b[4], b[5])
		for _, line := range wire.Lines(b[6:size]) {
			fmt.Fprintln(&r.text, "\t"+line)
		}
		b = b[size:]
	}
	return b
}

// passRights returns the control message with which descriptors that have been received are sent on. They stay open, since the
// test ends soon.
func passRights(oob []byte) []byte {
	messages, err := unix.ParseSocketControlMessage(oob)
	if err != nil || len(messages) == 0 {
		return nil
	}
	fds, err := unix.ParseUnixRights(&messages[0])
	if err != nil {
		return nil
	}
	return unix.UnixRights(fds...)
}
