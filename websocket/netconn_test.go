package websocket

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// onStreams runs a test in fake time, once for each end of a connection.
func onStreams(t *testing.T, opts Options, test func(t *testing.T, near, far *Stream)) {
	t.Helper()
	eachRole(t, opts, func(t *testing.T, near, far *Conn) { test(t, NetConn(near, Binary), NetConn(far, Binary)) })
}

// wantOpError fails unless err is a net.OpError around want.
func wantOpError(t *testing.T, err error, op string, want error) {
	t.Helper()
	e, ok := errors.AsType[*net.OpError](err)
	if !ok || e.Op != op || e.Net != "websocket" || !errors.Is(err, want) {
		t.Errorf("%s must return a *net.OpError with %v; got %v", op, want, err)
	}
}

func TestStreamReadWrite(t *testing.T) {
	onStreams(t, Options{}, func(t *testing.T, near, far *Stream) {
		want := bytes.Repeat([]byte("stream "), 100_000) // less in one message than MaxMessage
		go func() {
			_, _ = near.Write(nil)
			_, _ = near.Write(want[:100])
			_, _ = near.Write(want[100:])
			_ = near.CloseWrite()
		}()
		if got, err := io.ReadAll(far); err != nil || !bytes.Equal(got, want) {
			t.Errorf("all bytes must arrive, and then EOF; got %d of %d bytes, %v", len(got), len(want), err)
		}
		if n, err := far.Read(nil); n > 0 || err != nil {
			t.Errorf("Read with an empty buffer must return 0 and nil; got %d, %v", n, err)
		}
	})
}

// The peer's limit applies to messages, and not to calls of Write.
func TestStreamWriteSplitsMessages(t *testing.T) {
	onStreams(t, Options{MaxMessage: maxStreamMessage}, func(t *testing.T, near, far *Stream) {
		go func() { _, _ = near.Write(make([]byte, 10*maxStreamMessage)) }()
		if n, err := io.ReadFull(far, make([]byte, 10*maxStreamMessage)); err != nil {
			t.Errorf("a long write must arrive; %d bytes did, %v", n, err)
		}
	})
}

func TestStreamReadSkipsEmptyMessages(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		write(t, peer, append(wiretest.Frame(protocol.Server, Binary, nil), wiretest.Frame(protocol.Server, Binary, []byte("x"))...))
		if b, err := readSome(NetConn(c, Binary)); b != "x" || err != nil {
			t.Errorf("an empty message must be skipped; got %q, %v", b, err)
		}
	})
}

func readSome(r io.Reader) (string, error) {
	b := make([]byte, 100)
	n, err := r.Read(b)
	return string(b[:n]), err
}

func TestStreamReadAfterEnd(t *testing.T) {
	aClose := func(code uint16) []byte { return wiretest.CloseFrame(code, "") }
	half := fragment(Binary, "half", false)
	for name, c := range map[string]struct {
		input []byte
		eof   bool // the peer's transport ends too
		want  func(error) bool
	}{
		"1000":     {aClose(1000), false, isPlainEOF},
		"1001":     {aClose(1001), false, isPlainEOF},
		"no code":  {wiretest.Frame(protocol.Server, protocol.CloseFrame, nil), false, isPlainEOF},
		"4000":     {aClose(4000), false, isKind[*PeerClosed]},
		"no Close": {nil, true, isKind[*TransportError]},
		"a violation": {wiretest.Violation(), false, func(err error) bool {
			return isKind[*LocalClosed](err) && isKind[*Violation](err)
		}},
		"1000 in a message": {append(half, aClose(1000)...), false, func(err error) bool { return errors.Is(err, io.ErrUnexpectedEOF) }},
		"4000 in a message": {append(half, aClose(4000)...), false, isKind[*PeerClosed]},
	} {
		t.Run(name, func(t *testing.T) {
			withPeer(t, Options{}, func(t *testing.T, conn *Conn, peer *memconn.Conn) {
				s := NetConn(conn, Binary)
				if write(t, peer, c.input); c.eof {
					_ = peer.CloseWrite()
				}
				_, _ = s.Read(make([]byte, 100))
				for range 3 { // after the data
					if _, err := s.Read(make([]byte, 100)); !c.want(err) {
						t.Fatalf("the stream ends with the wrong error: %v", err)
					}
				}
			})
		})
	}
}

func isPlainEOF(err error) bool { return errors.Is(err, io.EOF) }

func isKind[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// The error depends on the code of the peer's Close, even if ours was first.
func TestStreamReadAfterOwnClose(t *testing.T) {
	for code, want := range map[uint16]func(error) bool{1000: isPlainEOF, 1001: isPlainEOF, 1011: isKind[*PeerClosed]} {
		withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
			s := NetConn(c, Binary)
			if err := errors.Join(s.CloseWrite(), s.CloseWrite()); err != nil {
				t.Fatal(err)
			}
			write(t, peer, append(wiretest.Frame(protocol.Server, Binary, []byte("x")), wiretest.CloseFrame(code, "")...))
			if b, err := readSome(s); b != "x" || err != nil {
				t.Errorf("the stream must be readable after CloseWrite; got %q, %v", b, err)
			}
			if _, err := readSome(s); !want(err) {
				t.Errorf("after the peer's %d the stream ends with the wrong error: %v", code, err)
			}
			if _, err := s.Write([]byte("x")); err == nil {
				t.Error("a write after CloseWrite must fail")
			}
		})
	}
}

// In half-open mode each direction can be closed separately, as with TCP.
func TestStreamCloseWrite(t *testing.T) {
	onStreams(t, Options{HalfOpen: true}, func(t *testing.T, near, far *Stream) {
		go func() {
			b, _ := io.ReadAll(far)
			_, _ = far.Write(bytes.ToUpper(b))
			_ = far.Close()
		}()
		_, _ = io.WriteString(near, "question")
		if err := near.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		if b, err := io.ReadAll(near); string(b) != "QUESTION" || err != nil {
			t.Errorf("the answer must arrive after our CloseWrite; got %q, %v", b, err)
		}
		if err := near.Close(); err != nil {
			t.Errorf("the end must be clean; got %v", err)
		}
	})
}

func TestStreamReadWrongType(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		s := NetConn(c, Binary)
		write(t, peer, append(wiretest.TextFrame("text"), wiretest.Frame(protocol.Server, Binary, []byte("bytes"))...))
		for range 2 {
			if b, err := readSome(s); b != "" || !isKind[*LocalClosed](err) {
				t.Errorf("text must not be read as bytes; got %q, %v", b, err)
			}
		}
		if f, err := wiretest.ReadFrame(peer); err != nil || f.String() != `close 1003 "expected binary, got text"` {
			t.Errorf("the peer must receive a Close with the reason; got %v, %v", f, err)
		}
	})
}

func TestStreamDeadlines(t *testing.T) {
	onStreams(t, Options{KeepAlive: -1}, func(t *testing.T, near, far *Stream) {
		if err := near.SetDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err := readSome(near)
		if wantOpError(t, err, "read", os.ErrDeadlineExceeded); time.Since(start) != time.Second {
			t.Errorf("the read must end at its deadline; it took %v", time.Since(start))
		}
		if e, ok := errors.AsType[net.Error](err); !ok || !e.Timeout() {
			t.Errorf("the error must be a timeout; got %v", err)
		}
		synctest.Wait() // the write deadline passes at the same time
		n, err := near.Write([]byte("x"))
		if wantOpError(t, err, "write", os.ErrDeadlineExceeded); n > 0 {
			t.Errorf("after the deadline nothing may be written; %d bytes were", n)
		}
		if err := near.SetWriteDeadline(time.Now().Add(time.Second)); err != nil {
			t.Fatal(err)
		}
		written, err := near.Write(make([]byte, 1_000_000))
		wantOpError(t, err, "write", os.ErrDeadlineExceeded)
		if err := errors.Join(near.SetReadDeadline(time.Time{}), near.SetWriteDeadline(time.Time{})); err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = near.Write([]byte("!")) }()
		got := make([]byte, written+1)
		if _, err := io.ReadFull(far, got); err != nil || got[written] != '!' {
			t.Errorf("the bytes that were written must arrive, and no others; got %v", err)
		}
		go func() { _, _ = far.Write([]byte("x")) }()
		if b, err := readSome(near); b != "x" || err != nil {
			t.Errorf("when the deadline has been removed reading must continue; got %q, %v", b, err)
		}
	})
}

func TestStreamClose(t *testing.T) {
	onStreams(t, Options{KeepAlive: -1}, func(t *testing.T, near, far *Stream) {
		results := make(chan error, 2)
		go func() {
			_, err := near.Read(make([]byte, 1))
			results <- err
		}()
		go func() {
			var err error
			for err == nil {
				_, err = near.Write(make([]byte, 10_000))
			}
			results <- err
		}()
		synctest.Wait()
		go func() { _, _ = io.Copy(io.Discard, far) }()
		if err := near.Close(); err != nil {
			t.Errorf("a clean Close must return nil; got %v", err)
		}
		for range 2 {
			if err := <-results; !errors.Is(err, net.ErrClosed) {
				t.Errorf("blocked calls must return net.ErrClosed; got %v", err)
			}
		}
		_, read := near.Read(make([]byte, 1))
		_, written := near.Write(nil)
		wantOpError(t, read, "read", net.ErrClosed)
		wantOpError(t, written, "write", net.ErrClosed)
		wantOpError(t, near.Close(), "close", net.ErrClosed)
		wantOpError(t, near.CloseWrite(), "close", net.ErrClosed)
		wantOpError(t, near.SetReadDeadline(time.Time{}), "set", net.ErrClosed)
		if err := near.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
			t.Errorf("SetDeadline of a closed stream must return net.ErrClosed; got %v", err)
		}
	})
}

func TestStreamCloseError(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, _ *memconn.Conn) {
		if err := NetConn(c, Binary).Close(); !isKind[*TransportError](err) {
			t.Errorf("Close must return an error if the peer does not answer; got %v", err)
		}
	})
}

// Text is split between characters: each message must be UTF-8 (RFC 6455, section 8.1).
func TestStreamWriteText(t *testing.T) {
	onPair(t, Options{}, func(t *testing.T, p *pair) {
		for _, start := range []string{"", "x", "xy", "xyz"} {
			want := start + strings.Repeat("\U0001F600", maxStreamMessage)
			go func() { _, _ = io.WriteString(NetConn(p.client, Text), want) }()
			got := make([]byte, len(want))
			if _, err := io.ReadFull(NetConn(p.server, Text), got); err != nil || string(got) != want {
				t.Fatalf("a long text must arrive; got %v", err)
			}
		}
		if n, err := NetConn(p.client, Text).Write(bytes.Repeat([]byte{0x80}, 2*maxStreamMessage)); n > 0 || !errors.Is(err, protocol.ErrText) {
			t.Errorf("text that is not UTF-8 must be refused; got %d, %v", n, err)
		}
	})
}

func TestStreamAddrs(t *testing.T) {
	onStreams(t, Options{}, func(t *testing.T, near, far *Stream) {
		if near.LocalAddr().String() != far.RemoteAddr().String() || near.LocalAddr().Network() != "tcp" {
			t.Errorf("the addresses must be those of the transport; got %v and %v", near.LocalAddr(), far.RemoteAddr())
		}
	})
	a, _ := tcpEnds(t)
	c := NewConn(a, protocol.Server, nil, Options{})
	defer c.CloseNow()
	if c.RemoteAddr().String() != a.RemoteAddr().String() || c.LocalAddr().String() != a.LocalAddr().String() {
		t.Errorf("on TCP the addresses must be those of the socket; got %v", c.RemoteAddr())
	}
}

// tcpEnds returns the two ends of a connection on TCP.
func tcpEnds(t testing.TB) (a, b net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	if a, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if b, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close(); _ = b.Close() })
	return a, b
}
