package websocket

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/lingerws/linger/internal/memconn"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// All calls return the same error after an end.
func TestConnErrorsAfterEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		ends   func(t *testing.T, c *Conn, peer *memconn.Conn)
		want   error // the type, and the beginning of the text
		normal bool
	}{
		{"the peer closes", func(t *testing.T, _ *Conn, peer *memconn.Conn) {
			write(t, peer, wiretest.CloseFrame(1001, "going"))
		}, &PeerClosed{Status: Status{Code: 1001, Reason: "going"}, Clean: true}, true},
		{"the peer closes without a code", func(t *testing.T, _ *Conn, peer *memconn.Conn) {
			write(t, peer, wiretest.Frame(protocol.Server, protocol.CloseFrame, nil))
		}, &PeerClosed{Status: Status{Code: 1005}, Clean: true}, true},
		{"the peer closes with a private code", func(t *testing.T, _ *Conn, peer *memconn.Conn) {
			write(t, peer, wiretest.CloseFrame(4999, ""))
		}, &PeerClosed{Status: Status{Code: 4999}, Clean: true}, false},
		{"we close", func(t *testing.T, c *Conn, peer *memconn.Conn) {
			write(t, peer, wiretest.CloseFrame(1000, "")) // crosses ours
			_ = c.driver.Close(1000, "")
		}, nil, true},
		{"the peer breaks a rule", func(t *testing.T, _ *Conn, peer *memconn.Conn) {
			write(t, peer, wiretest.Violation())
		}, &LocalClosed{Status: Status{Code: 1002}}, false},
		{"the peer ends the transport", func(_ *testing.T, _ *Conn, peer *memconn.Conn) {
			_ = peer.CloseWrite()
		}, &TransportError{Cause: protocol.CauseEOF}, false},
		{"the peer resets the transport", func(_ *testing.T, _ *Conn, peer *memconn.Conn) {
			peer.Reset()
		}, &TransportError{Cause: protocol.CauseTransport}, false},
		{"the connection is aborted", func(_ *testing.T, c *Conn, _ *memconn.Conn) {
			c.CloseNow()
		}, &TransportError{Cause: CauseAbort}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			withPeer(t, Options{}, func(t *testing.T, conn *Conn, peer *memconn.Conn) {
				c.ends(t, conn, peer)
				end := wantEndWithin(t, conn, 1)
				for name, err := range callAll(t.Context(), conn) {
					if want := endError(end); !reflect.DeepEqual(err, want) {
						t.Errorf("%s must return %#v; got %#v", name, want, err)
					}
					if c.want != nil && !alike(err, c.want) {
						t.Errorf("%s must return %v; got %v", name, c.want, err)
					}
					if IsNormal(err) != c.normal || IsNormal(fmt.Errorf("wrapped: %w", err)) != c.normal {
						t.Errorf("%v must count as normal: %t", err, c.normal)
					}
				}
			})
		})
	}
}

func alike(err, want error) bool {
	return reflect.TypeOf(err) == reflect.TypeOf(want) && strings.HasPrefix(err.Error(), want.Error())
}

func TestErrorsUnwrap(t *testing.T) {
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		write(t, peer, wiretest.Violation())
		if v := wantReadError[*Violation](t, c); v.ID != "frame.opcode" {
			t.Errorf("the error must wrap the violation; got %v", v)
		}
	})
	withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
		peer.Reset()
		if _, _, err := c.Read(t.Context()); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("the error must wrap that of the transport; got %v", err)
		}
	})
	if errors.Unwrap(&LocalClosed{}) != nil {
		t.Error("a LocalClosed without a violation must wrap nothing")
	}
}

// Between the peer's Close, or a violation, and the end of the connection, writing is not a
// misuse.
func TestConnWriteAfterPeerClose(t *testing.T) {
	for name, input := range map[string][]byte{"its Close": wiretest.CloseFrame(4000, "go"), "a violation": wiretest.Violation()} {
		t.Run(name, func(t *testing.T) {
			withPeer(t, Options{}, func(t *testing.T, c *Conn, peer *memconn.Conn) {
				peer.SetCapacity(10) // our Close waits until this message has been written
				mustWrite(t, c, "more than the peer reads")
				write(t, peer, input)
				synctest.Wait()
				result := make(chan error)
				go func() { result <- c.Write(t.Context(), Text, nil) }()
				synctest.Wait()
				go func() { _, _ = io.Copy(io.Discard, peer) }()
				err := <-result
				if _, misuse := errors.AsType[*Misuse](err); misuse || err == nil {
					t.Errorf("Write must return the error of the end; got %v", err)
				}
			})
		})
	}
}

func TestErrorTexts(t *testing.T) {
	for want, err := range map[string]error{
		`websocket: the peer closed: 4001 "why"`: &PeerClosed{Status: Status{Code: 4001, Reason: "why"}},
		`websocket: closed on this side: 1000`:   &LocalClosed{Status: Status{Code: 1000}},
		`websocket: the connection ended without a closing handshake (eof): the peer closed the transport and sent no Close`:     &TransportError{Cause: protocol.CauseEOF},
		`websocket: the connection ended without a closing handshake (transport): reading or writing failed: unexpected EOF`:     &TransportError{Cause: protocol.CauseTransport, Err: io.ErrUnexpectedEOF},
		`websocket: the connection ended without a closing handshake (other)`:                                                    &TransportError{Cause: "other"},
		`websocket: the connection ended without a closing handshake (keepalive): the peer did not answer pings`:                 &TransportError{Cause: CauseKeepAlive},
		`websocket: the connection ended without a closing handshake (stalled): the peer did not read what was sent to it`:       &TransportError{Cause: CauseStalled},
		`websocket: the connection ended without a closing handshake (timeout): the closing handshake was not completed in time`: &TransportError{Cause: protocol.CauseTimeout},
	} {
		if err.Error() != want {
			t.Errorf("the error must read %q; got %q", want, err)
		}
	}
}

func TestIsNormal(t *testing.T) {
	for _, err := range []error{nil, io.EOF, &LocalClosed{Status: Status{Code: 1000}}, ErrStaleReader,
		&PeerClosed{Status: Status{Code: 1006}}, &TransportError{Cause: protocol.CauseEOF}} {
		if IsNormal(err) {
			t.Errorf("%v must not count as a normal end", err)
		}
	}
}
