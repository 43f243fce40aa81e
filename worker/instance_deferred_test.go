package worker_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// asking is a version that sends a question to every connection when it is activated. It answers each message with its name.
func asking(name, more string) string {
	return `
		addEventListener("activate", async (event) => {
			for (const conn of await clients.matchAll({ type: "websocket" })) conn.send("` + name + ` asks");
			` + more + `
		});
		addEventListener("websocketupgrade", (event) => { event.accept().subscribe("all"); });
		addEventListener("websocketmessage", ({ source, data }) => source.send("` + name + ` got " + data));`
}

func TestActivateReachesConnectionsOfEveryWorker(t *testing.T) {
	t.Parallel()
	a := serve(t, asking("v1", ""), worker.Options{Workers: 3})
	clients := make([]*client, 9)
	for i := range clients {
		clients[i] = a.connect()
	}
	for round := 2; round <= 12; round++ {
		name := fmt.Sprint("v", round)
		done := make(chan error, 1)
		go func() { done <- a.rewrite(asking(name, "")) }()
		for _, c := range clients {
			c.want(name + " asks")
			c.send("answer") // while the other workers still change to the new version
			c.want(name + " got answer")
		}
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
}

func TestActivateKeepsTheOrderOfMessagesAndCloses(t *testing.T) {
	t.Parallel()
	a := serve(t, asking("v1", ""), worker.Options{})
	c := a.connect()
	a.reload(`
		addEventListener("websocketmessage", () => {});
		addEventListener("install", async () => {
			for (const conn of await clients.matchAll({ type: "websocket" })) conn.send("install");
		});
		addEventListener("activate", async () => {
			const [conn] = await clients.matchAll({ type: "websocket" });
			conn.send("1");
			console.log("published to", clients.publish("all", "2"));
			new BroadcastChannel("all").postMessage("3");
			conn.send(new Uint8Array([4]));
			console.log("kept out", clients.publish("all", "never", { except: conn }));
			try { clients.publish("", "nowhere"); } catch (error) { console.log("refused", error.name); }
			conn.close(4001, "5");
			conn.send("dropped");
		});`)
	c.want("install", "1", "2", "3", "bytes [4]", "closed 4001 5")
	a.stdout.line(t, "published to 1")
	a.stdout.line(t, "kept out 0")
	a.stdout.line(t, "refused RangeError")
}

func TestActivateOfARefusedVersionSendsNothing(t *testing.T) {
	t.Parallel()
	a := serve(t, asking("v1", ""), worker.Options{})
	c := a.connect()
	err := a.rewrite(asking("v2", `
		clients.publish("all", "v2 published");
		new BroadcastChannel("all").postMessage("v2 posted");
		for (const conn of await clients.matchAll({ type: "websocket" })) conn.close(4001);
		throw new Error("on purpose");`))
	if err == nil || !strings.Contains(err.Error(), "on purpose") {
		t.Errorf("the version is refused; got %v", err)
	}
	c.send("hello")
	c.want("v1 got hello") // the first message that the client receives
}

func TestActivateIsBounded(t *testing.T) {
	t.Parallel()
	a := serve(t, asking("v1", ""), worker.Options{})
	c := a.connect()
	for name, send := range map[string]string{
		"large": `const large = "x".repeat(1 << 20); for (let i = 0; i < 64; i++) conn.send(large);`,
		"many":  `for (let i = 0; i < 1 << 20; i++) conn.send("");`,
	} {
		err := a.rewrite(asking("v2", `const [conn] = await clients.matchAll({ type: "websocket" }); `+send))
		if err == nil || !strings.Contains(err.Error(), "RangeError") || !strings.Contains(err.Error(), "16 MiB") {
			t.Errorf("%s: activate fails with a RangeError that names the bound; got %v", name, err)
		}
	}
	c.send("hello")
	c.want("v1 got hello")
}

func TestActivateMessagesPrecedeTheFirstEvent(t *testing.T) {
	t.Parallel()
	a := serve(t, asking("v1", ""), worker.Options{})
	c := a.connect()
	const many = 200
	for i := range many {
		c.send(fmt.Sprint(i))
	}
	a.reload(asking("v2", ""))
	c.send("last")
	var received []string
	for len(received) == 0 || received[len(received)-1] != "v2 got last" {
		got, err := c.next()
		if err != nil {
			t.Fatalf("every message is answered; got %q", received)
		}
		received = append(received, got)
	}
	asks := slices.Index(received, "v2 asks")
	first := slices.IndexFunc(received, func(s string) bool { return strings.HasPrefix(s, "v2 got") })
	if asks < 0 || asks > first || len(received) != many+2 {
		t.Errorf("the question of activate is received once, before the first answer of its version; its index is %d, that of the answer %d, of %d", asks, first, len(received))
	}
}
