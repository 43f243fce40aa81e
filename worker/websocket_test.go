package worker_test

import (
	"testing"

	"github.com/lingerws/linger/worker"
)

func TestAWebSocketPairEchoes(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("fetch", (event) => {
			const [client, server] = Object.values(new WebSocketPair());
			server.accept();
			server.addEventListener("message", (event) => server.send(event.data));
			server.addEventListener("close", (event) => console.log(server.readyState, event.code, event.reason, event.wasClean));
			event.respondWith(new Response(null, { status: 101, webSocket: client }));
		});`, worker.Options{})
	c := a.connect()
	c.send("hello", "")
	c.want("hello", "")
	c.sendBytes(1, 2)
	c.want("bytes [1 2]")
	c.close(3001, "bye")
	c.want("closed 3001 bye")
	a.stdout.line(t, "3 3001 bye true")
}
