package proxy_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
)

func TestHandlerAccessLog(t *testing.T) {
	var log bytes.Buffer
	h, url := front(t, proxy.Options{To: []string{backend(t, echo)}, AccessLog: slog.New(slog.NewTextHandler(&log, nil))})
	c, err := websocket.Dial(t.Context(), url+"/room/7?token=secret", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, message := range []string{"one", "three"} {
		if err := c.Write(t.Context(), protocol.Text, []byte(message)); err != nil {
			t.Fatal(err)
		}
		if _, _, err := c.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	_ = c.Close(4001, "bye")
	if err := h.Shutdown(context.Background()); err != nil { // waits until the line is written
		t.Fatal(err)
	}
	got := log.String()
	for _, part := range []string{
		"level=INFO msg=connection remote=127.0.0.1:", " path=/room/7 backend=127.0.0.1:", " cause=close ", " received=4001 ",
		" backend_cause=close backend_sent=4001 ", " messages_in=2 bytes_in=8 messages_out=2 bytes_out=8\n",
	} {
		if !strings.Contains(got, part) {
			t.Errorf("the line is %q, expected it to contain %q", got, part)
		}
	}
	if strings.Contains(got, "secret") || strings.Count(got, "\n") != 1 {
		t.Errorf("the log is %q, expected one line without the query", got)
	}
}
