package worker

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker/internal/script"
)

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
			if r, d := n.sockets.open(); r+d > 0 {
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

// An offer of another node is checked before it is kept.
func TestClusterSocketOfferRefused(t *testing.T) {
	relayTest(t, "ab", func(all *relayNodes) {
		a := all.byName["a"]
		offer := func(node string, number uint64, state []byte) []byte {
			b := wire.AppendUint(wire.AppendString(nil, offerNode, node), offerNumber, number)
			if state != nil {
				b = wire.AppendBytes(b, offerState, state)
			}
			return b
		}
		stateOf := func(class, id, attachment string) []byte {
			return wire.AppendString(wire.AppendString(wire.AppendString(nil, stateClass, class), stateObject, id), stateAttachment, attachment)
		}
		for name, record := range map[string][]byte{
			"nothing":             nil,
			"no number":           offer("b", 0, nil),
			"a large number":      offer("b", 1<<53+1, nil),
			"no node":             offer("", 1, nil),
			"a name of no node":   offer(strings.Repeat("b", 33), 1, nil),
			"a malformed state":   offer("b", 1, []byte{0xff}),
			"an unknown class":    offer("b", 1, stateOf("Other", relayRef.ID, "")),
			"an id of no object":  offer("b", 1, stateOf("Room", strings.Repeat("1", 64), "")),
			"a large attachment":  offer("b", 1, stateOf("Room", relayRef.ID, strings.Repeat("x", maxOffer))),
			"an incomplete field": offer("b", 1, nil)[:4],
		} {
			if number, err := a.importOffer(record, "b"); err == nil || a.objects.offers.find(number) != nil {
				t.Errorf("an offer with %s is refused; got %d", name, number)
			}
		}
		if number, err := a.importOffer(offer("b", 1, stateOf("Room", relayRef.ID, "x")), "b"); err != nil || a.objects.offers.take(number) == nil {
			t.Errorf("an offer of the other node is kept; got %d, %v", number, err)
		}
	})
}

// A connection of another node whose object the application does not have is dropped before a node is looked for that could have the object.
func TestClusterSocketAttachRefused(t *testing.T) {
	relayTest(t, "ab", func(all *relayNodes) {
		b := all.byName["b"]
		all.own("b")
		state := wire.AppendUint(wire.AppendString(wire.AppendString(nil, stateClass, "Other"), stateObject, relayRef.ID), stateKind, kindHibernatable)
		b.sockets.attach(b.sockets.mesh.Stream("a"), &socketRecord{kind: socketAttach, link: newLink(), id: newLink(), state: state})
		time.Sleep(time.Second)
		synctest.Wait()
		_, distants := b.sockets.open()
		if dropped := b.sockets.counts.dropped.Load(); dropped != 1 || distants != 0 || len(b.objects.hibernatables.list()) != 0 {
			t.Errorf("the record is dropped, and nothing of the connection is kept; got %d that are dropped and %d connections", dropped, distants)
		}
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

// An object gets the end of each of its WebSockets, also if the node of the connection was lost while the connection was attached.
func TestClusterSocketLostWhileAttached(t *testing.T) {
	relayTest(t, "ab", func(all *relayNodes) {
		b, c := all.byName["b"], all.open("a", "b", "?name=c")
		c.send("1")
		c.want("b 1")
		s, state := b.sockets.mesh.Stream("a"), b.objects.hibernatables.find(-1).appendState(nil)
		next := func() (*distant, *movedSocket) {
			m, err := readMovedSocket(state)
			if err != nil {
				t.Fatal(err)
			}
			return b.sockets.addDistant(s, &socketRecord{link: newLink(), id: newLink()}), m
		}
		connect := func(d *distant, m *movedSocket) {
			socket, err := b.objects.importSocket(m)
			if err != nil {
				t.Fatal(err)
			}
			socket.connectDistant(d)
		}
		want := func(when string, ends int) {
			t.Helper()
			time.Sleep(time.Second)
			synctest.Wait()
			open, got := len(b.objects.hibernatables.list()), strings.Count(b.stdout.String(), "close [1006,")
			if open != 1 || got != ends {
				t.Errorf("%s: the object has 1 WebSocket and got %d ends; has %d and got %d", when, ends, open, got)
			}
		}

		d, m := next()
		d.disconnect()
		b.sockets.accept(attachment{d, m})
		want("before the object was here", 0)

		d, m = next()
		d.disconnect()
		connect(d, m)
		want("before the WebSocket was connected", 1)

		d, m = next()
		connect(d, m)
		d.mu.Lock()
		d.passing, d.waiting = true, make([]*socketRecord, maxSentEvents+1)
		d.mu.Unlock()
		d.handle(&socketRecord{kind: socketMessage})
		want("after more events than may be sent", 2)
	})
}

// An object gets the end of each WebSocket whose connection was suspended and not attached again, also if another node has given the same id to two connections.
func TestClusterSocketSuspendedTwice(t *testing.T) {
	relayTest(t, "ab", func(all *relayNodes) {
		b, c := all.byName["b"], all.open("a", "b", "?name=c")
		c.send("1")
		c.want("b 1")
		stream, state := b.sockets.mesh.Stream("a"), b.objects.hibernatables.find(-1).appendState(nil)
		want := func(open, ends int) {
			t.Helper()
			synctest.Wait()
			has, got := len(b.objects.hibernatables.list()), strings.Count(b.stdout.String(), "close [1006,")
			if has != open || got != ends {
				t.Errorf("the object has %d WebSockets and got %d ends; has %d and got %d", open, ends, has, got)
			}
		}
		id := newLink()
		for range 3 {
			d := b.sockets.addDistant(stream, &socketRecord{link: newLink(), id: id})
			m, err := readMovedSocket(state)
			if err != nil {
				t.Fatal(err)
			}
			s, err := b.objects.importSocket(m)
			if err != nil {
				t.Fatal(err)
			}
			s.connectDistant(d)
			d.handle(&socketRecord{kind: socketSuspend})
			time.Sleep(time.Second)
		}
		want(2, 2)
		time.Sleep(time.Minute)
		want(1, 3)
	})
}

// A message that comes while its object is lost is not lost itself.
func TestClusterSocketMessageWhileObjectLeaves(t *testing.T) {
	relayTest(t, "bc", func(all *relayNodes) {
		b, c := all.byName["b"], all.open("b", "b", "?name=c")
		c.send("1")
		c.want("b 1")
		all.own("c")
		s := b.objects.hibernatables.find(-1)
		b.sockets.mu.Lock() // depart needs the lock too
		go s.depart()
		for !s.hasDeparted() {
			runtime.Gosched()
		}
		c.send("2")
		for range 200_000 { // in which the message would be handled; no time passes while a goroutine waits for a lock
			runtime.Gosched()
		}
		b.sockets.mu.Unlock()
		c.want("c 2")
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

func TestClusterSocketHandover(t *testing.T) {
	relayTest(t, "ab", func(all *relayNodes) {
		a, c := all.byName["a"], all.open("a", "b", "?name=c")
		c.send("=void setTimeout(() => ws.send('kept'), 1000)", "1")
		c.want("b 1")
		a.sockets.suspend(context.Background())
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(c.received) > 0 {
			t.Errorf("the owner keeps what the object sends while the connection moves; got %q", <-c.received)
		}
		h, moved := handler{a.App}, 0
		for _, r := range a.sockets.allRelays() { // as in two processes
			state, err := h.Export(r.socket)
			if err != nil {
				t.Fatal(err)
			}
			h.Moved(r.socket)
			if err := h.Import(r.socket, state); err != nil {
				t.Fatal(err)
			}
			moved++
		}
		if moved != 1 {
			t.Errorf("a connection whose object is on another node moves; got %d", moved)
		}
		a.sockets.resume()
		c.want("kept")
		c.send("2", "=ctx.getWebSockets().length")
		c.want("b 2", "b 1")
		b, d := all.byName["b"], all.open("b", "b", "?name=d")
		b.sockets.suspend(context.Background())
		b.sockets.resume() // a hand-over that has failed
		d.send("3", "=[ws.deserializeAttachment().name, ctx.getWebSockets().length].join(' ')")
		d.want("b 3", "b d 2")
		c.send("4")
		c.want("b 4")
		a.sockets.suspend(context.Background())
		time.Sleep(time.Minute)
		all.byName["b"].wantOutput(t, "close [1006,")
		a.sockets.resume()
		c.want("closed 1013 the object is not available")
	})
}
