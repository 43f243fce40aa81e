package linger

import (
	"log/slog"
	"net/http"

	"github.com/lingerws/linger/protocol/handshake"
	"github.com/lingerws/linger/websocket"
)

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
