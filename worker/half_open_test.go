package worker_test

import (
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// farewell is an application that sends messages after the peer's Close. accepting is the listener that accepts
// connections.
func farewell(accepting string) string {
	return accepting + `
		addEventListener("websocketpeerclose", async (event) => {
			const { source, code, reason } = event;
			console.log(event.constructor.name, code, reason, source.readyState);
			source.send("tail 1");
			await new Promise((done) => setTimeout(done, 5));
			source.send("tail 2");
			source.close(3333, "done");
			console.log("closed by us", source.readyState);
		});
		addEventListener("websocketclose", (event) => console.log("end", event.code, event.reason, event.wasClean, event.initiator));`
}

func TestConnectionHalfOpen(t *testing.T) {
	t.Parallel()
	t.Run("the script sends after the peer's Close until it closes", func(t *testing.T) {
		t.Parallel()
		for name, accepting := range map[string]string{
			"accept":           `addEventListener("websocketupgrade", (event) => { event.accept({ halfOpen: true }); });`,
			"upgradeWebSocket": `addEventListener("fetch", (event) => { event.upgradeWebSocket({ halfOpen: true }); });`,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				a := serve(t, farewell(accepting), worker.Options{})
				c := a.connect()
				c.close(3000, "bye")
				c.want("tail 1", "tail 2", "closed 3333 done")
				a.stdout.line(t, "WebSocketPeerCloseEvent 3000 bye 2")
				a.stdout.line(t, "end 3000 bye true remote")
			})
		}
	})
	t.Run("without the mode the peer's Close is answered", func(t *testing.T) {
		t.Parallel()
		a := serve(t, farewell(`addEventListener("websocketupgrade", (event) => { event.accept(); });`), worker.Options{})
		c := a.connect()
		c.close(3000, "bye")
		c.want("closed 3000 bye")
		a.stdout.line(t, "end 3000 bye true remote")
		a.stdout.never(t, "PeerClose")
	})
	t.Run("the connection survives a reload", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("websocketupgrade", (event) => { event.accept({ halfOpen: true }); });
			addEventListener("websocketpeerclose", (event) => console.log("finished", event.code));`, worker.Options{})
		c := a.connect()
		c.close(3000, "bye")
		a.stdout.line(t, "finished 3000")
		a.reload(`
			addEventListener("fetch", async (event) => {
				for (const connection of await clients.matchAll({ type: "websocket" })) {
					connection.send("from the new version");
					connection.close(3333);
				}
				event.respondWith(new Response("closed"));
			});`)
		a.get("/", 200, "closed")
		c.want("from the new version", "closed 3333")
	})
}

func TestConnectionHalfOpenTimeout(t *testing.T) {
	embeddedOnly(t, fakeTime)
	bubble(t, func(t *testing.T) {
		const bound = 2 * time.Second
		a := serveInMemory(t, `
		addEventListener("websocketupgrade", (event) => { event.accept({ halfOpen: true }); });
		addEventListener("websocketclose", (event) => console.log("end", event.code, event.wasClean));`,
			worker.Options{Server: linger.Options{Options: websocket.Options{HalfOpenTimeout: bound}}})
		c := a.connect()
		began := time.Now()
		c.close(3000, "bye")
		c.want("closed 3000 bye")
		if took := time.Since(began); took != bound {
			t.Errorf("a connection that the script does not close is closed after %v; got %v", bound, took)
		}
		a.stdout.line(t, "end 3000 true")
	})
}
