package admin_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
)

// A reader that ends without a closing handshake, as a command that is interrupted does, is not logged.
func TestTailReaderAborts(t *testing.T) {
	lines := make(chan string, 100)
	f := start(t, func(_ *linger.Options, o *admin.Options) {
		o.Logger = slog.New(lineHandler{slog.NewTextHandler(io.Discard, nil), lines})
	})
	tail := f.feed("/v1/tail")
	tail.conn.CloseNow()
	if err := f.handler.Shutdown(context.Background()); err != nil { // after it the end of the reader has been handled
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, f.url+"/v1/status", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Host = "rebound.example"
	if response, err := http.DefaultClient.Do(request); err == nil {
		_ = response.Body.Close()
	}
	if line := <-lines; !strings.Contains(line, "admin request refused") {
		t.Errorf("the first line is that of a refused request; got %q", line)
	}
}

// lineHandler sends the messages of a log to a channel.
type lineHandler struct {
	slog.Handler
	lines chan<- string
}

// Handle implements [slog.Handler].
func (h lineHandler) Handle(_ context.Context, r slog.Record) error {
	h.lines <- r.Message
	return nil
}
