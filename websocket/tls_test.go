package websocket

import (
	"crypto/tls"
	"errors"
	"io"
	"testing"
	"time"
)

// Over TLS our direction ends with close_notify and then the TCP FIN, while the
// client has ended nothing: RFC 8446, section 6.1, and RFC 6455, section 7.1.1.
func TestCloseNotifyAndThenFIN(t *testing.T) {
	for name, end := range map[string][]byte{
		"after the closing handshake": closeFrame(1000, ""),
		"after a violation":           violation(),
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := serveEnds(t, true, Options{})
			c := s.dial(t)
			tap := &wiretap{Conn: c.tcp}
			c.Conn = tls.Client(tap, alertsVisible())
			c.r.Reset(c.Conn)
			c.send(t, []byte(request+"\r\n"))
			c.readAnswer(t)
			c.send(t, end)
			if f, err := readFrame(c.r); err != nil || f.op != 8 {
				t.Fatalf("the peer must read our Close; got %v, %v", f, err)
			}
			c.wantEOF(t)
			_ = c.tcp.SetReadDeadline(time.Now().Add(4 * time.Second)) // before the linger bound of 5 s
			if n, err := tap.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Fatalf("behind close_notify the TCP FIN must come at once; got %d bytes, %v", n, err)
			}
			if last := tap.lastRecord(); last != alertRecord {
				t.Errorf("the last record must be the alert close_notify; got type %d", last)
			}
			_ = c.Close()
			wantDone(t, s.accepted(t))
		})
	}
}

func TestAnEOFWithoutCloseNotifyIsAnEOF(t *testing.T) {
	s, e := serveEnds(t, true, Options{})
	c := s.open(t, "")
	_ = c.tcp.CloseWrite()
	e.want(t, "not clean, received 1006, sent 1006, first neither, eof")
	wantDone(t, s.accepted(t))
}

func TestACleanEndOverTLSNeedsNoCloseNotifyOfThePeer(t *testing.T) {
	s, e := serveEnds(t, true, Options{})
	c := s.open(t, "")
	c.send(t, closeFrame(1000, ""))
	c.wantFrame(t, "close 1000")
	_ = c.tcp.CloseWrite()
	e.want(t, "clean, received 1000, sent 1000, first remote, close")
	wantDone(t, s.accepted(t))
}
