package linger

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

// traffic counts the messages of a connection for Options.AccessLog. Payload bytes are
// counted without compression. A nil traffic counts nothing.
type traffic struct {
	began                    time.Time
	received, sent           atomic.Int64 // messages
	receivedBytes, sentBytes atomic.Int64
}

// newTraffic returns nil if there is no access log.
func newTraffic(o *Options) *traffic {
	if o.AccessLog == nil {
		return nil
	}
	return &traffic{began: time.Now()}
}

func (t *traffic) receive(events ...protocol.Event) {
	if t == nil {
		return
	}
	for _, ev := range events {
		if ev.Kind == protocol.EventMessage {
			t.received.Add(1)
			t.receivedBytes.Add(int64(len(ev.Payload)))
		}
	}
}

func (t *traffic) send(size int) {
	if t != nil {
		t.sent.Add(1)
		t.sentBytes.Add(int64(size))
	}
}

// logAccess writes the line of a connection that has ended.
func (s *Socket) logAccess(end websocket.Outcome) {
	t := s.traffic
	if t == nil {
		return
	}
	s.server.opts.AccessLog.LogAttrs(context.Background(), slog.LevelInfo, "connection",
		slog.String("remote", s.RemoteAddr()),
		slog.String("path", s.URL().EscapedPath()),
		slog.String("connection", s.id),
		slog.String("cause", string(end.Cause)),
		slog.Int("sent", int(end.Sent.Code)),
		slog.Int("received", int(end.Received.Code)),
		slog.Duration("duration", time.Since(t.began)),
		slog.Int64("messages_in", t.received.Load()),
		slog.Int64("bytes_in", t.receivedBytes.Load()),
		slog.Int64("messages_out", t.sent.Load()),
		slog.Int64("bytes_out", t.sentBytes.Load()))
}
