package proxy

import (
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

func TestHandlerLogsRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		request string
		want    []string
	}{
		"a page of another origin": {"GET / HTTP/1.1\r\n" + openingFields + "Origin: http://evil.example\r\n\r\n", []string{"reason=origin", "status=403", "evil.example"}},
		"a path with dot segments": {"GET /../admin HTTP/1.1\r\n" + openingFields + "\r\n", []string{"reason=target", "status=400", "segment"}},
		"not an upgrade":           {"GET / HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n", []string{"reason=upgrade", "status=426"}},
	} {
		t.Run(name, func(t *testing.T) {
			var log logBuffer
			_, do := newProxy(t, Options{To: []string{acceptingBackend(t)}, Logger: log.logger(slog.LevelInfo)})
			_, _ = do(c.request)
			text := log.String()
			for _, want := range append(c.want, "request refused", "level=INFO", "remote=127.0.0.1:") {
				if !strings.Contains(text, want) {
					t.Errorf("the log is %s, expected it to contain %q", text, want)
				}
			}
			if strings.Count(text, "\n") != 1 {
				t.Errorf("the log is %s, expected one line", text)
			}
		})
	}
}

func TestHandlerLogsAbnormalEnd(t *testing.T) {
	var log logBuffer
	h, do := newProxy(t, Options{To: []string{acceptingBackend(t)}, Logger: log.logger(slog.LevelInfo)}) // both peers end without a Close
	if status, _ := do("GET / HTTP/1.1\r\n" + openingFields + "\r\n"); status != http.StatusSwitchingProtocols {
		t.Fatalf("the status is %d, expected 101", status)
	}
	if err := h.Shutdown(t.Context()); err != nil { // returns after all ends are logged
		t.Fatal(err)
	}
	if text := log.String(); !strings.Contains(text, `msg="connection ended abnormally" side=`) {
		t.Errorf("the log is %s, expected a line for a lost connection", text)
	}
}

func TestHandlerLogEnds(t *testing.T) {
	outcome := func(clean bool, cause protocol.Cause, err error) websocket.Outcome {
		return websocket.Outcome{Outcome: protocol.Outcome{Clean: clean, Cause: cause}, Err: err}
	}
	for name, c := range map[string]struct {
		ends Ends
		want []string // a part of each line
	}{
		"both closed":         {Ends{Client: outcome(true, protocol.CauseClose, nil), Backend: outcome(true, protocol.CauseClose, nil)}, nil},
		"the client is lost":  {Ends{Client: outcome(false, protocol.CauseEOF, nil), Backend: outcome(false, websocket.CauseAbort, nil)}, []string{"side=client remote=a backend=b cause=eof"}},
		"the backend is lost": {Ends{Client: outcome(true, protocol.CauseClose, nil), Backend: outcome(false, protocol.CauseTransport, errors.New("reset"))}, []string{"side=backend remote=a backend=b cause=transport error=reset"}},
	} {
		var log logBuffer
		h := &Handler{}
		h.current.Store(&Options{Logger: log.logger(slog.LevelInfo)})
		h.logEnds(c.ends, "a", "b")
		text := log.String()
		if strings.Count(text, "\n") != len(c.want) {
			t.Errorf("%s: the log is %s, expected %d lines", name, text, len(c.want))
		}
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the log is %s, expected it to contain %q", name, text, want)
			}
		}
	}
}
