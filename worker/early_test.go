package worker_test

import (
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

func TestConnectionSendDuringUpgrade(t *testing.T) {
	t.Parallel()
	// The client has not been able to read yet, so send throws and the connection stays.
	t.Run("too much before the connection is open throws", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			addEventListener("websocketupgrade", (event) => {
				const connection = event.accept();
				try {
					for (let i = 0; i < 3000; i++) connection.send("x".repeat(1024));
				} catch (error) {
					console.log(error.name, error.message);
				}
			});`, worker.Options{})
		burst := a.connectTo("/burst")
		a.stdout.line(t, "QuotaExceededError send: ", "websocketdrain", "--send-queue")
		for range 1000 {
			burst.want(strings.Repeat("x", 1024))
		}
	})
	t.Run("an uncaught QuotaExceededError declines the upgrade", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `addEventListener("websocketupgrade", (event) => {
			const connection = event.accept();
			for (;;) connection.send("x".repeat(1024));
		});`, worker.Options{})
		if got := a.decline(); got.StatusCode != 500 {
			t.Errorf("an uncaught QuotaExceededError declines the upgrade with 500; got %d", got.StatusCode)
		}
		a.log.line(t, "uncaught exception", "QuotaExceededError")
	})
	t.Run("a burst that waits for drain arrives completely", func(t *testing.T) {
		t.Parallel()
		a := serve(t, `
			let sent = 0;
			function send(connection) {
				while (sent < 3000 && connection.bufferedAmount < 512 << 10) connection.send(String(sent++).padEnd(1024));
			}
			addEventListener("websocketupgrade", (event) => send(event.accept()));
			addEventListener("websocketdrain", ({ source }) => send(source));`, worker.Options{Server: linger.Options{Options: websocket.Options{HighWater: 256 << 10}}})
		c := a.connect()
		for i := range 3000 {
			c.want(itoa(i) + strings.Repeat(" ", 1024-len(itoa(i))))
		}
	})
}

func TestPairSendTooMuchBeforeTheResponse(t *testing.T) {
	t.Parallel()
	a := serve(t, sockets(`
		server.accept();
		server.addEventListener("close", (event) => console.log("closed", event.code));
		for (let i = 0; i < 3000; i++) server.send("x".repeat(1024));`), worker.Options{})
	c := a.connect()
	for range 1000 {
		c.want(strings.Repeat("x", 1024))
	}
	for {
		if got, err := c.next(); err != nil || !strings.HasPrefix(got, "x") {
			if got != "closed 1013 too much was sent before the connection was open" {
				t.Errorf("the connection is closed with 1013 and the reason; got %q", got)
			}
			return
		}
	}
}
