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
var relayRef = script.ObjectRef{Class: "Room", ID: strings.Repeat("1", 64), Name: "one"}

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
		switch {
		case ev.Kind == protocol.EventMessage:
			c.received <- string(ev.Payload)
		case ev.Kind == protocol.EventPeerClose:
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

func TestClusterSocket(t *testing.T) {
	relayTest(t, "ab", func(all *relayNodes) {
		c := all.open("a", "b", "?name=c&early&tag=x&tag=y")
		c.want("early")
		c.send("hello", "=ws.deserializeAttachment().name", "=ctx.getTags(ws)", "=ctx.getWebSockets('y').length")
		c.want("b hello", "b c", "b x,y", "b 1")
		if err := c.conn.Close(4001, "bye"); err != nil {
			t.Error(err)
		}
		c.want("closed 4001 bye")
		all.byName["b"].wantOutput(t, `close [4001,"bye",true] 2 c`)
		for _, n := range all.byName {
			if r, d := len(n.sockets.relays), len(n.sockets.distants); r+d > 0 {
				t.Errorf("nothing remains of a connection that has ended; got %d relays and %d distants", r, d)
			}
		}
	})
}

func TestClusterSocketMove(t *testing.T) {
	relayTest(t, "abc", func(all *relayNodes) {
		remote, local := all.open("a", "b", "?name=r&tag=x"), all.open("b", "b", "?name=l&tag=y")
		remote.send("=ws.serializeAttachment({ name: 'changed' })", "=ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'))", "1")
		local.send("1")
		remote.want("b 1")
		local.want("b 1")
		all.move("b", "c")
		remote.send("2", "=[ws.deserializeAttachment().name, ctx.getTags(ws), ctx.getWebSocketAutoResponse().response, ctx.getWebSockets().length].join(' ')")
		local.send("2", "=[ws.deserializeAttachment().name, ctx.getTags(ws), ctx.getWebSockets('x').length].join(' ')")
		remote.want("c 2", "c changed x pong 2")
		local.want("c 2", "c l y 1")
		all.move("c", "a")
		remote.send("3", "ping")
		remote.want("a 3", "pong")
		local.send("3")
		local.want("a 3")
		local.send("ping")
		local.want("pong")
		remote.send("=ctx.getWebSocketAutoResponseTimestamp(ws) !== null")
		remote.want("a true")
		if err := local.conn.Close(4001, "bye"); err != nil {
			t.Error(err)
		}
		local.want("closed 4001 bye")
		all.byName["a"].wantOutput(t, `close [4001,"bye",true] 2 l`)
	})
}

func TestClusterSocketOwnerLost(t *testing.T) {
	relayTest(t, "abc", func(all *relayNodes) {
		c := all.open("a", "b", "?name=c")
		c.send("=void await new Promise((done) => setTimeout(done, 1000))", "1")
		c.want("b 1")
		all.byName["b"].node.Leave()
		c.send("2", "3")
		time.Sleep(5 * time.Second)
		all.own("c")
		c.want("c 2", "c 3")
		all.own("")
		all.byName["c"].node.Leave()
		c.want("closed 1013 the object is not available")
	})
}

func TestClusterSocketConnectionLost(t *testing.T) {
	relayTest(t, "ab", func(all *relayNodes) {
		hibernatable, plain := all.open("a", "b", "?name=c"), all.open("a", "b", "?plain")
		hibernatable.send("1")
		plain.send("1")
		hibernatable.want("b 1")
		plain.want("plain 1")
		t.Run("a short break", func(t *testing.T) {
			all.cluster.Cut("a", "b")
			all.cluster.Cut("b", "a")
			hibernatable.send("2", "3")
			time.Sleep(6 * time.Second)
			all.cluster.Heal()
			hibernatable.want("b 2", "b 3")
		})
		t.Run("a long break", func(t *testing.T) {
			all.cluster.Cut("a", "b")
			all.cluster.Cut("b", "a")
			time.Sleep(20 * time.Second)
			all.byName["b"].wantOutput(t, `close [1006,"WebSocket disconnected without sending Close frame.",false] 2 c`)
			all.byName["b"].wantOutput(t, `plain closed 1006`)
			plain.want("closed 1012 " + appRestart)
			all.cluster.Heal()
			hibernatable.want("closed 1013 the object is not available")
		})
	})
}

func TestClusterSocketPlain(t *testing.T) {
	relayTest(t, "ab", func(all *relayNodes) {
		c, d := all.open("a", "b", "?plain&early"), all.open("a", "b", "?plain")
		c.want("early")
		for i := range 1000 { // more than are sent at once
			c.send(fmt.Sprint(i))
		}
		for i := range 1000 {
			c.want(fmt.Sprint("plain ", i))
		}
		if err := c.conn.Close(4001, "bye"); err != nil {
			t.Error(err)
		}
		c.want("closed 4001 bye")
		all.byName["b"].wantOutput(t, "plain closed 4001 bye true")
		all.byName["b"].node.Leave()
		d.want("closed 1012 " + appRestart)
	})
}

func TestClusterSocketEnds(t *testing.T) {
	relayTest(t, "ab", func(all *relayNodes) {
		t.Run("the object closes", func(*testing.T) {
			for _, from := range []string{"a", "b"} {
				c := all.open(from, "b", "?name="+from)
				c.send("=ws.send('last'), ws.close(4002, 'object')")
				c.want("last", "closed 4002 object")
				all.byName["b"].wantOutput(t, `close [4002,"object",true] 3 `+from)
			}
		})
		t.Run("the connection breaks", func(*testing.T) {
			c := all.open("a", "b", "?name=d")
			c.send("1")
			c.want("b 1")
			c.conn.CloseNow()
			all.byName["b"].wantOutput(t, `close [1006,"WebSocket disconnected without sending Close frame.",false] 2 d`)
		})
		t.Run("an offer is not used", func(*testing.T) {
			b := all.byName["b"]
			o := &offeredTest{ended: make(chan struct{})}
			number, err := b.objects.offers.add(o, time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			imported, err := all.byName["a"].importOffer(b.appendOffer(number), "b")
			if err != nil {
				t.Fatal(err)
			}
			all.byName["a"].objects.offers.drop(imported)
			<-o.ended
		})
	})
}

// offeredTest is an offer without a WebSocket.
type offeredTest struct{ ended chan struct{} }

func (o *offeredTest) connect(*linger.Socket) {}
func (o *offeredTest) expire()                { close(o.ended) }

func TestClusterSocketOfferOfThirdNode(t *testing.T) {
	relayTest(t, "abc", func(all *relayNodes) {
		b := all.byName["b"]
		c := all.open("a", "b", "?name=c")
		c.send("1")
		c.want("b 1")
		s := &hibernatable{object: b.objects.use(relayRef)}
		b.objects.hibernatables.add(s)
		s.object.sockets.add(s)
		number, err := b.objects.offers.add(s, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		atA, err := all.byName["a"].importOffer(b.exportOffer(number), "b")
		if err != nil {
			t.Fatal(err)
		}
		atC, err := all.byName["c"].importOffer(all.byName["a"].exportOffer(atA), "a")
		if err != nil {
			t.Fatal(err)
		}
		d := &relayClient{t: t, received: make(chan string, 100)}
		d.conn = all.byName["c"].connectInMemory(all.byName["c"].objects.offers.take(atC))
		d.conn.Start(d)
		d.send("2")
		d.want("b 2")
	})
}

func TestClusterSocketBuffered(t *testing.T) {
	relayTest(t, "ab", func(all *relayNodes) {
		c := all.open("a", "b", "?name=c")
		c.conn.Pause()
		b := all.byName["b"]
		c.send("=ws.send('x'.repeat(300000))")
		time.Sleep(time.Second)
		synctest.Wait()
		s := b.objects.hibernatables.find(-1)
		if n := s.buffered(); n < 100000 || n > 300000 {
			t.Errorf("what has not left the send queue of the connection is buffered; got %d", n)
		}
		c.conn.Resume()
		c.want(strings.Repeat("x", 300000))
		time.Sleep(time.Second)
		synctest.Wait()
		if n := s.buffered(); n != 0 {
			t.Errorf("what has left the send queue is not buffered; got %d", n)
		}
		c.conn.Pause()
		c.send("=void [1, 2, 3, 4].map(() => ws.send('x'.repeat(1000000)))")
		time.Sleep(time.Second)
		synctest.Wait()
		c.conn.Resume()
		for got := range c.received {
			if strings.HasPrefix(got, "closed ") {
				if got != "closed 1013 reading too slowly" {
					t.Errorf("a connection that reads too slowly is closed with 1013; got %s", got)
				}
				return
			}
		}
	})
}

func FuzzSocketRecord(f *testing.F) {
	f.Add(appendSocketRecord(nil, &socketRecord{
		kind: socketAttached, link: 1, id: 2, number: 3, payload: []byte("x"), status: protocol.Status{Code: 4001, Reason: "bye"}, object: relayRef,
		auto: &script.AutoResponse{Request: "ping", Response: "pong"}, state: []byte{8, 2}, timeout: 5, bound: 6,
	}))
	f.Fuzz(func(t *testing.T, record []byte) {
		r, err := readSocketRecord(record)
		if err != nil {
			return
		}
		again, err := readSocketRecord(appendSocketRecord(nil, r))
		if err != nil || string(appendSocketRecord(nil, again)) != string(appendSocketRecord(nil, r)) {
			t.Errorf("a record that was read can be written and read again; got %v, %v", again, err)
		}
	})
}
