package linger

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket"
)

// notices are the log lines that peers can cause. Each kind has a number of lines in a minute; those beyond it are
// counted, and the count is logged when the minute is over, so that no peer fills the log, and none of one kind
// hides those of another.
type notices struct {
	mu    sync.Mutex
	kinds map[kind]*minute
}

// kind is a message and an identifier that says why: a cause, a limit, or one for all mistakes of a handshake. There are
// a dozen.
type kind struct{ message, reason string }

// minute counts the lines of a kind since its first one.
type minute struct {
	began      time.Time
	lines      int
	suppressed int
}

const (
	noticePeriod = time.Minute
	noticeLines  = 10 // of one kind in a period
)

// notice logs a line of a kind, unless there have been too many of it.
func (s *Server) notice(level slog.Level, message, reason string, attrs ...slog.Attr) {
	ctx := context.Background()
	if !s.opts.Logger.Enabled(ctx, level) {
		return
	}
	k := kind{message, reason}
	if s.notices.admit(k, func() { s.sumUp(level, k) }) {
		s.opts.Logger.LogAttrs(ctx, level, message, attrs...)
	}
}

// admit reports whether there is room for a line. When the first of a period is suppressed it arranges for
// sumUp to be called at the end of the period.
func (n *notices) admit(k kind, sumUp func()) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	m := n.kinds[k]
	if m == nil || m.suppressed == 0 && time.Since(m.began) >= noticePeriod {
		m = &minute{began: time.Now()}
		if n.kinds == nil {
			n.kinds = map[kind]*minute{}
		}
		n.kinds[k] = m
	}
	if m.lines < noticeLines {
		m.lines++
		return true
	}
	if m.suppressed++; m.suppressed == 1 {
		time.AfterFunc(noticePeriod-time.Since(m.began), sumUp)
	}
	return false
}

// sumUp logs how many lines of a kind were suppressed, and begins a new period.
func (s *Server) sumUp(level slog.Level, k kind) {
	s.notices.mu.Lock()
	suppressed := s.notices.kinds[k].suppressed
	delete(s.notices.kinds, k)
	s.notices.mu.Unlock()
	s.opts.Logger.LogAttrs(context.Background(), level, k.message+": more of the same were not logged",
		slog.String("reason", k.reason), slog.Int("suppressed", suppressed))
}

// noticeEnd logs the end of a connection.
func (s *Socket) noticeEnd(end websocket.Outcome) {
	message, level := "connection ended abnormally", slog.LevelInfo
	switch {
	case isNormal(end.Cause):
		message, level = "connection ended", slog.LevelDebug
	case errors.Is(end.Err, errors.ErrUnsupported): // no request can be served until the program is changed
		level = slog.LevelError
	}
	log := s.server.opts.Logger
	if !log.Enabled(context.Background(), level) {
		return
	}
	attrs := []slog.Attr{
		slog.String("connection", s.id),
		slog.String("remote", s.RemoteAddr()),
		slog.String("cause", string(end.Cause)),
		slog.Int("sent", int(end.Sent.Code)),
		slog.Int("received", int(end.Received.Code)),
	}
	switch {
	case end.Violation != nil:
		attrs = append(attrs, slog.String("error", end.Violation.Error()))
	case end.Err != nil:
		attrs = append(attrs, slog.String("error", end.Err.Error()))
	}
	if level == slog.LevelDebug {
		log.LogAttrs(context.Background(), level, message, attrs...)
		return
	}
	s.server.notice(level, message, string(end.Cause), attrs...)
}

// isNormal reports whether connections are meant to end for such a cause: by a closing handshake that the peer or the
// application has begun, or by a bound in time that the server was given.
func isNormal(cause protocol.Cause) bool {
	return cause == protocol.CauseClose || cause == CauseIdle || cause == CauseLifetime || cause == CauseShutdown
}

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

// Refuse answers a request with a refusal and logs it, as the server does for a request that is not a proper
// handshake. An Upgrade handler calls it by way of [Upgrade.Respond].
func (s *Server) Refuse(w http.ResponseWriter, r *http.Request, refusal *handshake.Refusal) {
	s.noticeRefusal(slog.LevelInfo, r, refusal.Status, string(refusal.Reason), refusal.Text)
	websocket.Refuse(w, refusal)
}

// mistakes are the refusals that share the bound on the lines of a kind: a client that tries all sorts of wrong requests
// does not get one for each sort.
const mistakes = "handshake"

// noticeRefusal logs that a request was refused without the application. reason is an identifier: it is one of
// [handshake.Reason], a limit of [Options], or what the server lacks.
func (s *Server) noticeRefusal(level slog.Level, r *http.Request, status int, reason, detail string) {
	kind := reason
	if status == http.StatusBadRequest || status == http.StatusMethodNotAllowed || status == http.StatusUpgradeRequired {
		kind = mistakes
	}
	s.notice(level, "request refused", kind,
		slog.String("reason", reason),
		slog.Int("status", status),
		slog.String("remote", s.clientOf(r).text),
		slog.String("detail", detail))
}

// upgradeRequired answers a request that does not ask for a WebSocket.
func (s *Server) upgradeRequired(w http.ResponseWriter, r *http.Request) {
	refusal := handshake.UpgradeRequired(r.ProtoMajor, handshake.ReasonUpgrade,
		"this address speaks WebSocket only: send Upgrade: websocket and Connection: Upgrade, over HTTP/1.1")
	s.noticeRefusal(slog.LevelDebug, r, refusal.Status, string(refusal.Reason), refusal.Text)
	websocket.Refuse(w, refusal)
}
