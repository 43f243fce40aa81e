package worker_test

import (
	"net/http"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

func TestAppServeHTTP(t *testing.T) {
	t.Parallel()
	t.Run("an application without listeners responds", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `const unused = "hello";`, worker.Options{})
		got := a.get("/", http.StatusUpgradeRequired, "this application accepts WebSocket connections only: it has no listener to fetch events")
		if got.Header.Get("Upgrade") != "websocket" {
			t.Errorf("the response has Upgrade: websocket; got %v", got.Header)
		}
		if got := a.decline(); got.StatusCode != 500 || got.body != "the application did not answer\n" {
			t.Errorf("an upgrade request without a listener gets 500; got %d %q", got.StatusCode, got.body)
		}
	})
	t.Run("plain requests go to the script, even if the server has a fallback", func(t *testing.T) {
		t.Parallel()
		a := serve(t, ``, worker.Options{Server: linger.Options{Fallback: http.NotFoundHandler()}})
		a.get("/", http.StatusUpgradeRequired, "this application accepts WebSocket connections only: it has no listener to fetch events")
	})
}

func TestAppServerHasTheConnections(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => {
			const conn = event.accept({ data: { n: 1 } });
			conn.subscribe("room");
			conn.send(conn.id);
		});
		addEventListener("websocketmessage", (event) => event.source.send(JSON.stringify(event.source.data ?? null)));`, worker.Options{})
	c := a.connect()
	id, err := c.next()
	if err != nil {
		t.Fatal(err)
	}
	s := a.Server()
	if s.Count() != 1 || s.Socket(id) == nil || s.Socket(id).URL().Path != "/chat" {
		t.Errorf("the server has the connection that the script accepted, under its id %q; got %d, %v", id, s.Count(), s.Socket(id))
	}
	if _, err := s.Publish("room", linger.Text("from Go")); err != nil {
		t.Error(err)
	}
	c.want("from Go")
	if err := s.Socket(id).SetData(map[string]int{"set": 42}); err != nil { // Go and JavaScript share the data as JSON
		t.Error(err)
	}
	c.send("data?")
	c.want(`{"set":42}`)
}

func TestAppShutdownSendsTheRepliesOfListeners(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => event.accept());
		addEventListener("websocketmessage", async ({ data, source }) => {
			console.log("begun", data);
			await new Promise((resolve) => setTimeout(resolve, 50));
			source.send("reply to " + data);
			source.send("state " + source.readyState);
		});`, worker.Options{})
	c := a.connect()
	c.send("1", "2", "3")
	a.stdout.line(t, "begun 1")
	done := make(chan error, 1)
	go func() { done <- a.Shutdown(t.Context()) }()
	c.want("reply to 1", "state 1", "reply to 2", "state 1", "reply to 3", "state 1", "closed 1001 server shutting down")
	if err := <-done; err != nil {
		t.Errorf("Shutdown succeeds; got %v", err)
	}
}
