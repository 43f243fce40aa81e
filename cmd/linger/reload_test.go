package main

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// lockedBuffer is a log that is read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) has(text string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return strings.Contains(b.buf.String(), text)
}

func TestAReloaderNeedsNoWatcher(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.js")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out lockedBuffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	app, err := worker.Load(path, worker.Options{Logger: log})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = app.Shutdown(t.Context()) }()
	r, err := startReloading(app, false, log)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	r.signals <- os.Interrupt // whichever
	for deadline := time.Now().Add(patience); !out.has("generation=2"); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("a signal has the application loaded anew; it was not")
		}
	}
}
