package linger_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

func TestAccessLogHasALineForEachConnectionThatHasEnded(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log bytes.Buffer
		s := serve(t, linger.HandlerFuncs{
			OnUpgrade: func(u *linger.Upgrade) {
				socket, err := u.Accept(linger.AcceptOptions{})
				if err == nil {
					err = socket.Send(linger.Text("early"))
				}
				if err != nil {
					t.Error(err)
				}
			},
			OnMessage: func(m *linger.Message) { _ = m.Socket.Send(m.Payload) },
		}, linger.Options{AccessLog: slog.New(slog.NewTextHandler(&log, nil))})
		c := s.connect()
		c.want("text early")
		c.text("one")
		c.binary([]byte("three"))
		c.want("text one", "binary three")
		time.Sleep(time.Minute)
		c.close(4001, "bye")
		s.end()
		got := log.String()
		for _, part := range []string{
			"level=INFO msg=connection remote=", " path=/chat connection=", " cause=close sent=4001 received=4001 duration=1m0",
			" messages_in=2 bytes_in=8 messages_out=3 bytes_out=13\n",
		} {
			if !strings.Contains(got, part) {
				t.Errorf("the line has %q; it is %q", part, got)
			}
		}
		if strings.Contains(got, "room") || strings.Count(got, "\n") != 1 {
			t.Errorf("there is one line, without the query; got %q", got)
		}
	})
}

func TestAccessLogHasConnectionsThatAreLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log bytes.Buffer
		s := serve(t, linger.HandlerFuncs{}, linger.Options{AccessLog: slog.New(slog.NewTextHandler(&log, nil))})
		c := s.connect()
		_ = c.nc.Close()
		if end := s.end(); end.Received.Code != protocol.CloseAbnormal {
			t.Fatalf("no Close has come; got %v", end.Received)
		}
		if got := log.String(); !strings.Contains(got, " received=1006 ") {
			t.Errorf("a connection that is lost has a line as well; got %q", got)
		}
	})
}
