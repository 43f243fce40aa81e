package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
	"github.com/lingerws/linger/worker/internal/script"
)

// relayScript is an application with a class of objects that echo what they get, with the node.
const relayScript = `
	import { DurableObject } from "cloudflare:workers";
	export class Room extends DurableObject {
		fetch(request) {
			const url = new URL(request.url);
			const [client, server] = Object.values(new WebSocketPair());
			if (url.searchParams.has("plain")) {
				server.accept();
				server.addEventListener("message", ({ data }) => server.send("plain " + data));
				server.addEventListener("close", ({ code, reason, wasClean }) => console.log("plain closed", code, reason, wasClean));
			} else {
				this.ctx.acceptWebSocket(server, url.searchParams.getAll("tag"));
				server.serializeAttachment({ name: url.searchParams.get("name") });
			}
			if (url.searchParams.has("early")) server.send("early");
			return new Response(null, { status: 101, webSocket: client });
		}
		async webSocketMessage(ws, message) {
			const { ctx, env } = this;
			if (typeof message !== "string") message = "bytes " + [...new Uint8Array(message)];
			else if (message.startsWith("=")) message = await eval(message.slice(1));
			if (message !== undefined) ws.send(env.NODE + " " + message);
		}
		webSocketClose(ws, ...args) {
			console.log("close", JSON.stringify(args), ws.readyState, ws.deserializeAttachment().name);
		}
	}
	export default { fetch() { return new Response("ok"); } };`

// relayOwners places all objects on one node.
type relayOwners struct {
	mu    *sync.Mutex
	owner *string // "" for none
	node  string
}

func (o relayOwners) place(context.Context, script.ObjectRef) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if *o.owner == "" {
		return "", errors.New("there is no owner")
	}
	return *o.owner, nil
}

func (o relayOwners) holds(script.ObjectRef) (uint64, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return 1, *o.owner == o.node
}

func (relayOwners) unsettle(script.ObjectRef) {}

// relayNode is an application on a node.
type relayNode struct {
	*App
	node   *memcluster.Node
	owners relayOwners
	stdout *syncBuffer
	log    *syncBuffer
}

// relayNodes is a cluster with applications whose objects are placed by the test.
type relayNodes struct {
	t       *testing.T
	cluster *memcluster.Cluster
	mu      sync.Mutex
	owner   string
	byName  map[string]*relayNode
}

func newRelayNodes(t *testing.T, names ...string) *relayNodes {
	t.Helper()
	all := &relayNodes{t: t, cluster: memcluster.New(), byName: map[string]*relayNode{}}
	path := filepath.Join(t.TempDir(), "app.js")
	if err := os.WriteFile(path, []byte(relayScript), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		n := &relayNode{node: all.cluster.Join(name), owners: relayOwners{&all.mu, &all.owner, name}, stdout: &syncBuffer{}, log: &syncBuffer{}}
		var err error
		n.App, err = load(path, Options{
			Workers: 1, Bindings: Bindings{Objects: []ObjectNamespace{{Name: "ROOM", Class: "Room"}}}, Vars: map[string]any{"NODE": name},
			Server: linger.Options{Cluster: n.node}, Logger: slog.New(slog.NewTextHandler(n.log, nil)), Stdout: n.stdout,
		}, nil, false)
		if err != nil {
			t.Fatal(err)
		}
		n.sockets = newClusterSockets(n.App, n.node, n.owners, 0)
		if err := n.sockets.start(); err != nil {
			t.Fatal(err)
		}
		all.byName[name] = n
	}
	return all
}

// close ends all applications.
func (all *relayNodes) close() {
	for _, n := range all.byName {
		cut, cancel := context.WithCancel(all.t.Context())
		cancel()
		n.sockets.end()
		_ = n.Shutdown(cut)
		n.node.Leave()
		if all.t.Failed() {
			all.t.Logf("node %s:\n%s%s", n.node.Node(), n.log, n.stdout)
		}
	}
	time.Sleep(10 * time.Minute) // fake time, in which the last goroutines end
}

// own gives all objects to a node, or to none.
func (all *relayNodes) own(name string) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.owner = name
}

// ref is the object of the tests.
var relayRef = script.ObjectRef{Class: "Room", ID: relayID(), Name: "one"}

func relayID() string {
	id, _ := objectID("Room", script.NamedID, "one") // fails only for another kind
	return id
}

// move gives all objects to a node, as planned.
func (all *relayNodes) move(from, to string) {
	n := all.byName[from]
	o := n.objects.use(relayRef)
	for o.isActive() {
		time.Sleep(time.Millisecond)
	}
	all.own(to)
	n.sockets.release(o)
	o.done()
}

// relayClient is a client of a node.
type relayClient struct {
	t        *testing.T
	conn     *driver.Driver
	received chan string
}

// open opens a WebSocket of the object, which is on the node at, through the node from.
func (all *relayNodes) open(from, at, query string) *relayClient {
	all.t.Helper()
	owner, n := all.byName[at], all.byName[from]
	e := newEvent("fetch", nil)
	e.internal, e.method, e.request = true, http.MethodGet, context.Background()
	ended := make(chan struct{})
	e.onEnd = func() { close(ended) }
	o := owner.objects.use(relayRef)
	defer o.done()
	e.input = o.request(&script.Request{Method: http.MethodGet, URL: "http://room/" + query, Header: script.Header{Internal: true, Fields: http.Header{"Upgrade": {"websocket"}}}})
	o.submit(e)
	<-ended
	if e.response == nil || e.response.offer == 0 {
		all.t.Fatalf("the object answers with a WebSocket; got %v", e.problem)
	}
	number, err := n.importOffer(owner.exportOffer(e.response.offer), at)
	if err != nil {
		all.t.Fatal(err)
	}
	c := &relayClient{t: all.t, received: make(chan string, 1<<14)}
	c.conn = n.connectInMemory(n.objects.offers.take(number))
	c.conn.Start(c)
	return c
}

// Events records messages.
func (c *relayClient) Events(conn *driver.Driver, events []protocol.Event) bool {
	for _, ev := range events {
		if ev.Kind == protocol.EventMessage {
			c.received <- string(ev.Payload)
		}
		if ev.Kind == protocol.EventPeerClose {
			conn.AnswerClose()
		}
	}
	return false
}

// Work is never called: Events returns false.
func (c *relayClient) Work(*driver.Driver) {}

// Drained does nothing.
func (c *relayClient) Drained(*driver.Driver) {}

// Closed records the end.
func (c *relayClient) Closed(_ *driver.Driver, end driver.Outcome) {
	c.received <- strings.TrimSpace(fmt.Sprintf("closed %d %s", end.Received.Code, end.Received.Reason))
}

func (c *relayClient) send(texts ...string) {
	c.t.Helper()
	for _, text := range texts {
		if _, err := c.conn.Send(protocol.Text, []byte(text)); err != nil {
			c.t.Errorf("a message is sent; got %v", err)
		}
	}
}

func (c *relayClient) want(wanted ...string) {
	c.t.Helper()
	for _, want := range wanted {
		select {
		case got := <-c.received:
			if got != want {
				c.t.Fatalf("the client receives %q next; got %q", want, got)
			}
		case <-time.After(5 * time.Minute):
			c.t.Fatalf("the client receives %q next; got nothing", want)
		}
	}
}

// relayTest runs a test with fake time.
func relayTest(t *testing.T, names string, test func(all *relayNodes)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := newRelayNodes(t, strings.Split(names, "")...)
		defer all.close()
		all.own("b")
		test(all)
	})
}

// wantOutput checks what the script of a node has written.
func (n *relayNode) wantOutput(t *testing.T, want string) {
	t.Helper()
	time.Sleep(time.Second)
	synctest.Wait()
	if got := n.stdout.String(); !strings.Contains(got, want) {
		t.Errorf("the script on the node %s writes %q; got %q", n.node.Node(), want, got)
	}
}
