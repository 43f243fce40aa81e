package worker_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/worker"
)

// TestClusterBroadcastChannel checks that what a script posts reaches each listening script and each subscribed connection of other nodes once, and that
// a node is subscribed to the topic while a script listens.
func TestClusterBroadcastChannel(t *testing.T) {
	const source = `
		const posts = new BroadcastChannel("posts");
		posts.onmessage = ({ data }) => console.log("received", data instanceof Map ? "map " + data.get(1) : data instanceof ArrayBuffer ? "bytes " + data.byteLength : JSON.stringify(data));
		addEventListener("websocketupgrade", (event) => { event.accept().subscribe("posts"); });
		addEventListener("websocketmessage", (event) => {
			if (event.data === "stop") { posts.close(); console.log("stopped"); return; }
			posts.postMessage({ text: "text", bytes: new ArrayBuffer(3), json: { a: [1, null] }, map: new Map([[1, 2]]) }[event.data]);
		});`
	bubble(t, func(t *testing.T) {
		c := memcluster.New()
		a := serveNode(t, c, "a", source, worker.Options{Workers: 1, SleepAfter: nap})
		b := serveNode(t, c, "b", source, worker.Options{Workers: 2, SleepAfter: nap})
		here, there := a.connect(), b.connect()
		a.state(0, "asleep")
		b.state(0, "asleep") // a post wakes the workers that listen to its channel
		b.state(1, "asleep")
		for what, want := range map[string]string{"text": "text", "bytes": "bytes [0 0 0]", "json": `{"a":[1,null]}`} {
			here.send(what)
			here.want(want)
			there.want(want)
		}
		here.send("map") // which connections do not get
		for _, text := range []string{`received "text"`, "received bytes 3", `received {"a":[1,null]}`, "received map 2"} {
			b.until(fmt.Sprintf("both workers have logged %q", text), func() bool { return b.stdout.count(text) == 2 })
		}
		if n := strings.Count(b.stdout.String(), "received"); n != 8 || a.stdout.count("received") != 0 {
			t.Errorf("each worker of the other node gets each post once, and the sender none; got\n%s\n%s", b.stdout, a.stdout)
		}
		malformed := wire.AppendUint(nil, 1, 99)
		if err := b.node.Publish("post/posts", malformed); err != nil {
			t.Fatal(err)
		}
		a.log.line(t, "a message of a BroadcastChannel of another node was refused")
		if !a.node.IsSubscribed("post/posts") {
			t.Error("the node is subscribed while a script listens")
		}
		here.send("stop")
		a.until("the script has stopped", func() bool { return a.stdout.count("stopped") == 1 })
		if a.node.IsSubscribed("post/posts") {
			t.Error("the node is not subscribed after the only listener has closed its channel")
		}
	})
}
