package worker

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestObjectLosesWrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "app.js")
	err := os.WriteFile(path, []byte(`
		import { DurableObject } from "cloudflare:workers";
		export class Room extends DurableObject {
			calls = 0;
			count() { return ++this.calls; }
		}
		export default { fetch: async (request, env) => new Response(await env.ROOM.getByName("a").count()) };`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer // written to before lose returns, and not afterwards
	app, err := Load(path, Options{
		Logger:   slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError})),
		Bindings: Bindings{Objects: []ObjectNamespace{{Name: "ROOM", Class: "Room"}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = app.Shutdown(t.Context()) })
	want := func(count string) {
		t.Helper()
		w := httptest.NewRecorder()
		app.ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
		if w.Body.String() != count {
			t.Errorf("the object answers %s; got %s", count, w.Body)
		}
	}
	want("1")
	want("2")
	app.objects.find(1).lose(errors.New("the disk is full"))
	for deadline := time.Now().Add(30 * time.Second); app.Workers()[0].Objects > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("an object whose writes could not be stored is reset")
		}
	}
	want("1")
	if !strings.Contains(log.String(), "could not be stored") || !strings.Contains(log.String(), "the disk is full") {
		t.Errorf("the failure is logged; got %q", log.String())
	}
}
