package driver

import (
	"crypto/tls"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/lingerws/linger/websocket/internal/wiretest"
)

// Over TLS our direction ends with close_notify and then the TCP FIN, before the client ends
// its direction (RFC 8446, section 6.1; RFC 6455, section 7.1.1).
func TestDriverTLSCloseNotifyBeforeFIN(t *testing.T) {
	for name, end := range map[string][]byte{
		"after the closing handshake": wiretest.CloseFrame(1000, ""),
		"after a violation":           wiretest.Violation(),
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := serveEnds(t, true, Options{})
			c := s.Dial(t)
			tap := &wiretest.Wiretap{Conn: c.TCP}
			c.Conn = tls.Client(tap, wiretest.AlertsVisible())
			c.R.Reset(c.Conn)
			c.Send(t, []byte(wiretest.Request+"\r\n"))
			c.ReadAnswer(t)
			c.Send(t, end)
			if f, err := wiretest.ReadFrame(c.R); err != nil || f.Op != 8 {
				t.Fatalf("the peer must read our Close; got %v, %v", f, err)
			}
			c.WantEOF(t)
			_ = c.TCP.SetReadDeadline(time.Now().Add(time.Minute)) // before LingerTimeout
			if n, err := tap.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
				t.Fatalf("the TCP FIN must follow close_notify; got %d bytes, %v", n, err)
			}
			if last := tap.LastRecord(); last != wiretest.AlertRecord {
				t.Errorf("the last record must be the alert close_notify; got type %d", last)
			}
			_ = c.Close()
			wantDone(t, s.Accepted(t))
		})
	}
}

func TestDriverTLSEOFWithoutCloseNotify(t *testing.T) {
	s, e := serveEnds(t, true, Options{})
	c := s.Open(t, "")
	_ = c.TCP.CloseWrite()
	e.want(t, "not clean, received 1006, sent 1006, first neither, eof")
	wantDone(t, s.Accepted(t))
}

func TestDriverTLSCleanWithoutPeersCloseNotify(t *testing.T) {
	s, e := serveEnds(t, true, Options{})
	c := s.Open(t, "")
	c.Send(t, wiretest.CloseFrame(1000, ""))
	c.WantFrame(t, "close 1000")
	_ = c.TCP.CloseWrite()
	e.want(t, "clean, received 1000, sent 1000, first remote, close")
	wantDone(t, s.Accepted(t))
}
