package worker_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker"
)

// team is an application whose workers each answer with a random id.
const team = `
	const id = crypto.randomUUID();
	let count = 0;
	addEventListener("websocketupgrade", (event) => { event.accept().subscribe("all"); });
	addEventListener("websocketmessage", (event) => event.source.send(id + " " + ++count));
	addEventListener("fetch", (event) => event.respondWith(new Response(id)));`

// identify returns the id of the worker of a connection, and the number of messages that this worker has counted.
func (c *client) identify() (worker, count string) {
	c.t.Helper()
	c.send("id?")
	got, err := c.next()
	if err != nil {
		c.t.Fatalf("the worker answers; got %v", err)
	}
	worker, count, _ = strings.Cut(got, " ")
	return worker, count
}

// connections returns the number of connections of each worker.
func connections(a *testApp) (all []int) {
	for _, w := range a.Workers() {
		all = append(all, w.Connections)
	}
	return all
}

func TestAssignmentsOfConnections(t *testing.T) {
	t.Parallel()
	a := serve(t, team, worker.Options{Workers: 3})
	var all []*client
	for range 9 {
		all = append(all, a.connect())
	}
	if got := fmt.Sprint(connections(a)); got != "[3 3 3]" {
		t.Errorf("each worker has the same number of connections; got %s", got)
	}
	first := map[string]int{}
	home := map[*client]string{}
	for _, c := range all {
		home[c], _ = c.identify()
		first[home[c]]++
	}
	if len(first) != 3 {
		t.Errorf("each worker is a separate engine; got %v", first)
	}
	for _, c := range all {
		if w, count := c.identify(); w != home[c] || count < "4" || count > "6" {
			t.Errorf("a connection stays with its worker, which has separate variables; got %s, which has counted %s", w, count)
		}
	}
	gone := home[all[0]]
	for _, c := range all {
		if home[c] == gone {
			c.close(1000, "")
			c.want("closed 1000")
		}
	}
	a.until("the connections are removed", func() bool { return a.Server().Count() == 6 })
	for range 3 {
		if w, _ := a.connect().identify(); w != gone {
			t.Errorf("a new connection goes to the worker with the fewest: %s; got %s", gone, w)
		}
	}
}

func TestAssignmentsOfRequests(t *testing.T) {
	t.Parallel()
	a := serve(t, team, worker.Options{Workers: 2})
	served := map[string]int{}
	for range 10 {
		served[a.do("GET", "/", "").body]++
	}
	for _, n := range served {
		if len(served) != 2 || n != 5 {
			t.Errorf("workers with the same number of connections handle requests in turn; got %v", served)
		}
	}
}

func TestAssignmentsOfFailedUpgrades(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		addEventListener("websocketupgrade", (event) => { event.accept(); throw new Error("after all"); });
		addEventListener("websocketclose", (event) => console.log("closed", event.code, event.initiator));`, worker.Options{})
	for range 3 {
		if got := a.decline(); got.StatusCode != 500 {
			t.Errorf("a failed upgrade gets 500; got %d", got.StatusCode)
		}
	}
	a.until("every close event is handled", func() bool { return a.stdout.count("closed 1006 local") == 3 })
	a.until("no connection is left", func() bool { return connections(a)[0] == 0 && a.Server().Count() == 0 })
}

func TestBroadcastChannelReachesEveryWorkerOnce(t *testing.T) {
	t.Parallel()
	a := serve(t, `
		const id = crypto.randomUUID();
		const posts = new BroadcastChannel("posts");
		posts.onmessage = ({ data }) => console.log("received", id, JSON.stringify(data), data instanceof ArrayBuffer ? data.byteLength : "");
		addEventListener("websocketupgrade", (event) => { event.accept().subscribe("posts"); });
		addEventListener("websocketmessage", (event) => {
			const value = { text: "text", bytes: new ArrayBuffer(3), json: { a: [1, null] }, map: new Map([[1, 2]]) }[event.data];
			(event.data === "map" ? posts : new BroadcastChannel("posts")).postMessage(value);
		});`, worker.Options{Workers: 3, SleepAfter: nap})
	var all []*client
	for range 6 {
		all = append(all, a.connect())
	}
	for i := range 3 {
		a.state(i, "asleep") // a post wakes the workers that listen to its channel
	}
	for what, want := range map[string]string{"text": "text", "bytes": "bytes [0 0 0]", "json": `{"a":[1,null]}`} {
		all[0].send(what)
		for _, c := range all {
			c.want(want)
		}
	}
	all[0].send("map")
	a.log.line(t, "JSON cannot represent")
	for text, n := range map[string]int{`"text"`: 3, "{} 3": 3, `{"a":[1,null]}`: 3, "{} \n": 2} { // a BroadcastChannel does not receive its own posts
		a.until(fmt.Sprintf("%q is received %d times", text, n), func() bool { return a.stdout.count(text) >= n })
	}
	a.connect().send("text")
	all[0].want("text")
	if n := len(strings.Split(strings.TrimSpace(a.stdout.String()), "\n")); n > 14 {
		t.Errorf("every worker receives every post once; got\n%s", a.stdout)
	}
}

func TestBroadcastChannelDropsPostsForABusyWorker(t *testing.T) {
	embeddedOnly(t, childTakes)
	t.Parallel()
	a := serve(t, `
		let received = 0;
		new BroadcastChannel("posts").onmessage = () => received++;
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", (event) => {
			const { source, data } = event;
			if (data === "busy") {
				console.log("busy");
				while (clients.count({ channel: "posted" }) === 0);
			}
			if (data === "post") {
				for (let i = 0; i < 1500; i++) new BroadcastChannel("posts").postMessage(String(i));
				source.subscribe("posted");
			}
			source.send("received " + received);
		});`, worker.Options{Workers: 2})
	busy, poster := a.connect(), a.connect()
	busy.send("busy")
	a.stdout.line(t, "busy")
	poster.send("post")
	busy.want("received 0")
	poster.want("received 0")
	a.until("the posts in the queue are received", func() bool {
		busy.send("received?")
		got, err := busy.next()
		return err != nil || got != "received 0"
	})
	poster.send("received?")
	poster.want("received 1500") // channels in the same worker receive every post
	dropped := uint64(0)
	for _, w := range a.Workers() {
		dropped += w.DroppedPosts
	}
	if dropped != 1500-1024 {
		t.Errorf("posts beyond the bound are dropped and counted; got %d", dropped)
	}
	a.log.line(t, "was dropped: the worker is too busy", "channel=posts")
}

func TestServerPublishReachesConnectionsOfEveryWorker(t *testing.T) {
	t.Parallel()
	a := serve(t, team, worker.Options{Workers: 2})
	first, second := a.connect(), a.connect()
	if n, err := a.Server().Publish("all", linger.Text("published")); n != 2 || err != nil {
		t.Errorf("Publish reaches both connections; got %d %v", n, err)
	}
	first.want("published")
	second.want("published")
}

func TestBroadcastChannelBoundsBytesOfWaitingPosts(t *testing.T) {
	embeddedOnly(t, childTakes)
	t.Parallel()
	a := serve(t, `
		let received = 0, bytes = 0;
		new BroadcastChannel("posts").onmessage = ({ data }) => { received++; bytes += data.length ?? data.byteLength; };
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", (event) => {
			const { source, data } = event;
			if (data === "busy") {
				console.log("busy");
				while (clients.count({ channel: "posted" }) === 0);
			}
			if (data === "post") {
				const channel = new BroadcastChannel("posts");
				channel.postMessage("x".repeat(6 << 20)); // beyond the bound, but no other post waits
				channel.postMessage("");
				for (let i = 0; i < 20; i++) channel.postMessage(i % 2 ? "x".repeat(1 << 20) : new Uint8Array(1 << 20));
				source.subscribe("posted");
			}
			if (data === "again") for (let i = 0; i < 3; i++) new BroadcastChannel("posts").postMessage("x".repeat(1 << 20));
			source.send("received " + [received, bytes]);
		});`, worker.Options{Workers: 2})
	busy, poster := a.connect(), a.connect()
	busy.send("busy")
	a.stdout.line(t, "busy")
	poster.send("post")
	busy.want("received 0,0")
	poster.want("received 0,0")
	wantReceived := func(want string) {
		t.Helper()
		a.until("the busy worker receives the posts in the queue: "+want, func() bool {
			busy.send("received?")
			got, err := busy.next()
			return err != nil || got == want
		})
	}
	wantReceived(fmt.Sprint("received 1,", 6<<20))
	poster.send("again") // posts that have been handled do not count
	wantReceived(fmt.Sprint("received 4,", 9<<20))
	a.log.line(t, "was dropped: the worker is too busy", "channel=posts")
}
