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

func TestProxyLogsEachRefusal(t *testing.T) {
	for name, c := range map[string]struct {
		request string
		want    []string
	}{
		"a page that may not connect": {"GET / HTTP/1.1\r\n" + openingFields + "Origin: http://evil.example\r\n\r\n", []string{"reason=origin", "status=403", "evil.example"}},
		"a path with dots":            {"GET /../admin HTTP/1.1\r\n" + openingFields + "\r\n", []string{"reason=target", "status=400", "segment"}},
		"no WebSocket":                {"GET / HTTP/1.1\r\nHost: front\r\nConnection: close\r\n\r\n", []string{"reason=upgrade", "status=426"}},
	} {
		t.Run(name, func(t *testing.T) {
			var log lines
			_, do := ended(t, Options{To: []string{tolerant(t)}, Logger: log.logger(slog.LevelInfo)})
			_, _ = do(c.request)
			text := log.String()
			for _, want := range append(c.want, "request refused", "level=INFO", "remote=127.0.0.1:") {
				if !strings.Contains(text, want) {
					t.Errorf("the log has one line with %q; got %s", want, text)
				}
			}
			if strings.Count(text, "\n") != 1 {
				t.Errorf("it has no other line; got %s", text)
			}
		})
	}
}

func TestProxyLogsAnAbnormalEnd(t *testing.T) {
	var log lines
	h, do := ended(t, Options{To: []string{tolerant(t)}, Logger: log.logger(slog.LevelInfo)}) // whose peers both leave without a Close
	if status, _ := do("GET / HTTP/1.1\r\n" + openingFields + "\r\n"); status != http.StatusSwitchingProtocols {
		t.Fatalf("the client is connected; got %d", status)
	}
	if err := h.Shutdown(t.Context()); err != nil { // when it returns, all ends are logged
		t.Fatal(err)
	}
	if text := log.String(); !strings.Contains(text, `msg="connection ended abnormally" side=`) {
		t.Errorf("the log has a line for a side that is lost; got %s", text)
	}
}

func TestProxyLogsTheSideThatIsLost(t *testing.T) {
	outcome := func(clean bool, cause protocol.Cause, err error) websocket.Outcome {
		return websocket.Outcome{Outcome: protocol.Outcome{Clean: clean, Cause: cause}, Err: err}
	}
	for name, c := range map[string]struct {
		ends Ends
		want []string // one of each line
	}{
		"both closed":            {Ends{outcome(true, protocol.CauseClose, nil), outcome(true, protocol.CauseClose, nil)}, nil},
		"the client left":        {Ends{outcome(false, protocol.CauseEOF, nil), outcome(false, websocket.CauseAbort, nil)}, []string{"side=client remote=a backend=b cause=eof"}},
		"the backend broke down": {Ends{outcome(true, protocol.CauseClose, nil), outcome(false, protocol.CauseTransport, errors.New("reset"))}, []string{"side=backend remote=a backend=b cause=transport error=reset"}},
	} {
		var log lines
		h := &Handler{opts: Options{Logger: log.logger(slog.LevelInfo)}}
		h.logEnds(c.ends, "a", "b")
		text := log.String()
		if strings.Count(text, "\n") != len(c.want) {
			t.Errorf("%s: the log has %d lines; got %s", name, len(c.want), text)
		}
		for _, want := range c.want {
			if !strings.Contains(text, want) {
				t.Errorf("%s: the log has %q; got %s", name, want, text)
			}
		}
	}
}
