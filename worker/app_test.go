package worker_test

import (
	"net/http"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

func TestAnEmptyApplicationAnswersAllTheSame(t *testing.T) {
	t.Parallel()
	a := serve(t, `const unused = "hello";`, worker.Options{})
	got := a.get("/", http.StatusUpgradeRequired, "this application speaks WebSocket only: it listens to no fetch event")
	if got.Header.Get("Upgrade") != "websocket" {
		t.Errorf("a client is told what to upgrade to; got %v", got.Header)
	}
	if got := a.decline(); got.StatusCode != 500 || got.body != "the application did not answer\n" {
		t.Errorf("an upgrade request that nobody answers gets 500; got %d %q", got.StatusCode, got.body)
	}
}

func TestTheServerHoldsTheConnections(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => {
			const conn = event.accept({ data: { n: 1 } });
			conn.subscribe("news");
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
		t.Errorf("Go sees the connection that the script accepted, by its id %q; got %d, %v", id, s.Count(), s.Socket(id))
	}
	if _, err := s.Publish("news", linger.Text("from Go")); err != nil {
		t.Error(err)
	}
	c.want("from Go")
	if err := s.Socket(id).SetData(map[string]int{"set": 42}); err != nil { // both sides understand JSON
		t.Error(err)
	}
	c.send("data?")
	c.want(`{"set":42}`)
}

func TestPlainRequestsGoToTheScriptWhateverTheFallbackIs(t *testing.T) {
	t.Parallel()
	a := serve(t, ``, worker.Options{Server: linger.Options{Fallback: http.NotFoundHandler()}})
	a.get("/", http.StatusUpgradeRequired, "this application speaks WebSocket only: it listens to no fetch event")
}

func TestShutdownLetsTheRepliesOfListenersLeave(t *testing.T) {
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
	over := make(chan error, 1)
	go func() { over <- a.Shutdown(t.Context()) }()
	c.want("reply to 1", "state 1", "reply to 2", "state 1", "reply to 3", "state 1", "closed 1001 server shutting down")
	if err := <-over; err != nil {
		t.Errorf("the shutdown is complete; got %v", err)
	}
}
