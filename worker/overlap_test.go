package worker_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/worker"
)

// gated is an application whose message listeners wait until the message "open" or a request arrives.
const gated = `
	const waiting = [];
	addEventListener("websocketupgrade", (event) => { event.accept(); });
	addEventListener("websocketmessage", async ({ source, data }) => {
		console.log("begun", data);
		if (data === "open") return waiting.splice(0).reverse().forEach((open) => open());
		await new Promise((done) => waiting.push(done));
		source.send(data);
	});
	addEventListener("websocketclose", () => console.log("closed", waiting.length));
	addEventListener("fetch", (event) => { waiting.splice(0).forEach((open) => open()); event.respondWith(new Response("open")); });`

func TestOverlapBeginsEventsWhenListenersReturn(t *testing.T) {
	t.Parallel()
	a := serve(t, gated, worker.Options{Overlap: true})
	c := a.connect()
	c.send("1", "2", "3", "open")
	c.want("3", "2", "1")
	if got := a.stdout.String(); got != "begun 1\nbegun 2\nbegun 3\nbegun open\n" {
		t.Errorf("events begin in their order; got %q", got)
	}
}

func TestOverlapOff(t *testing.T) {
	t.Parallel()
	a := serve(t, gated, worker.Options{})
	c := a.connect()
	c.send("1", "2")
	a.stdout.line(t, "begun 1")
	a.get("/", 200, "open")
	c.want("1")
	a.stdout.line(t, "begun 2")
	a.get("/", 200, "open")
	c.want("2")
}

func TestOverlapIsBounded(t *testing.T) {
	t.Parallel()
	const bound = 256
	a := serve(t, gated, worker.Options{Overlap: true})
	c := a.connect()
	for i := range bound + 50 {
		c.send(strconv.Itoa(i))
	}
	a.stdout.line(t, fmt.Sprint("begun ", bound-1))
	other := a.connect()
	other.send("1")
	a.until("other connections do not wait", func() bool { return a.stdout.count("begun 1\n") == 2 })
	if n := a.stdout.count("begun"); n != bound+1 {
		t.Errorf("at most %d events are in progress; got %d", bound, n-1)
	}
	a.get("/", 200, "open")
	for i := range bound {
		c.want(strconv.Itoa(i))
	}
	a.stdout.line(t, fmt.Sprint("begun ", bound+49))
	a.get("/", 200, "open")
	for i := range 50 {
		c.want(strconv.Itoa(bound + i))
	}
}

func TestOverlapCloseEventComesLast(t *testing.T) {
	t.Parallel()
	a := serve(t, gated, worker.Options{Overlap: true})
	c := a.connect()
	c.send("1", "2")
	a.stdout.line(t, "begun 2")
	c.conn.CloseNow()
	a.until("the server detects the end of the connection", func() bool {
		for socket := range a.Server().Sockets("") {
			return socket.State() == protocol.StateClosed
		}
		return false
	})
	a.stdout.never(t, "closed")
	a.get("/", 200, "open")
	a.stdout.line(t, "closed 0")
}

func TestOverlapEndsOnCrashAndTimeout(t *testing.T) {
	engineOnly(t, killedInstead)
	t.Parallel()
	a := serve(t, gated+`addEventListener("websocketmessage", ({ data }) => { if (data === "die") { `+outOfMemory+` } });`,
		worker.Options{Overlap: true, Memory: small, EventTimeout: loopTimeout})
	c := a.connect()
	c.send("1", "2", "die", "open")
	a.log.line(t, "worker replaced")
	a.stdout.line(t, "begun open")
	c.send("late", "open", "later")
	c.want("late")
	a.log.line(t, "event timed out", "event=websocketmessage")
	c.close(1000, "")
	a.stdout.line(t, "closed 1")
}

func TestOverlapDuringAReload(t *testing.T) {
	t.Parallel()
	a := serve(t, held("v1"), worker.Options{Overlap: true})
	c := a.connect()
	c.want("early", "late")
	c.send("hold", "next")
	c.want("v1 next")
	a.reload(held("v2"))
	c.send("next")
	c.want("v2 next") // while an event of the old version is in progress
	a.release()
	c.want("v1 hold")
}

func TestOverlapDrainEventDoesNotWait(t *testing.T) {
	t.Parallel()
	a := serve(t, gated+`addEventListener("websocketdrain", async () => {
			console.log("drained");
			await new Promise((done) => waiting.push(done));
			console.log("seen");
		});
		addEventListener("websocketmessage", ({ source, data }) => {
			if (data === "fill") for (const chunk = "x".repeat(1 << 19); source.bufferedAmount < 1 << 24; ) source.send(chunk);
		});`, worker.Options{Overlap: true, Server: linger.Options{SendQueue: beyondKernel, Policy: linger.PolicyDrop}})
	c := a.connect()
	c.conn.Pause()
	c.send("fill")
	a.stdout.line(t, "begun fill")
	a.until("the send queue is full", func() bool {
		for socket := range a.Server().Sockets("") {
			return socket.Buffered() >= beyondKernel
		}
		return false
	})
	c.conn.Resume()
	a.stdout.line(t, "drained")
	c.send("open")
	a.stdout.line(t, "seen")
}
