package worker_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// stateful is an application with state in a module variable, the number of messages that its version has handled. accepting is
// the argument of accept.
func stateful(name, accepting string) string {
	return `
		let seen = 0;
		addEventListener("websocketupgrade", (event) => { event.accept(` + accepting + `).subscribe("all"); });
		addEventListener("websocketmessage", ({ source, data }) => {
			if (data === "loop") for (;;);
			source.send("` + name + ` " + data + " " + ++seen);
		});
		addEventListener("websocketclose", ({ source, code, sentCode, cause }) => {
			console.log("` + name + ` closed", source.data?.name ?? "-", code, sentCode, cause, seen);
		});`
}

// closing is an argument of accept for connections that close at a reload.
const closing = `{ reload: "close", data: { name: "ann" } }`

func TestAcceptReloadClose(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]struct {
		accepting string
		worker.Options
	}{
		"accept":          {closing, worker.Options{}},
		"application":     {`{ data: { name: "ann" } }`, worker.Options{CloseAtReload: true}},
		"several workers": {closing, worker.Options{Workers: 3}},
		"overlap":         {closing, worker.Options{Overlap: true}},
		"half-open":       {`{ reload: "close", halfOpen: true, data: { name: "ann" } }`, worker.Options{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, stateful("v1", opts.accepting), opts.Options)
			c := a.connect()
			c.send("hello", "hello")
			c.want("v1 hello 1", "v1 hello 2")
			a.reload(stateful("v2", opts.accepting))
			c.want("closed 1012 a new version of the application has been loaded")
			a.stdout.line(t, "v1 closed ann 1012 1012 close 2")
			again := a.connect()
			again.send("hello")
			again.want("v2 hello 1")
			a.until("the connection of the last version is removed", func() bool { return a.Server().Count() == 1 })
			a.stdout.never(t, "v2 closed")
			a.log.never(t, "level=ERROR")
		})
	}
}

func TestAcceptReloadStay(t *testing.T) {
	t.Parallel()
	for accepting, opts := range map[string]worker.Options{
		``:                               {},
		`{ reload: "stay" }`:             {CloseAtReload: true},
		`{ reload: undefined, data: 1 }`: {},
	} {
		a := serve(t, stateful("v1", accepting), opts)
		c := a.connect()
		c.send("hello")
		c.want("v1 hello 1")
		a.reload(stateful("v2", accepting))
		c.send("hello")
		c.want("v2 hello 1")
	}
}

func TestAcceptReloadOtherValues(t *testing.T) {
	t.Parallel()
	for _, value := range []string{`"restart"`, `true`, `null`, `1012`} {
		a := serve(t, `addEventListener("websocketupgrade", (event) => {
			try { event.accept({ reload: `+value+` }); } catch (error) { event.respondWith(new Response(error.name + ": " + error.message, { status: 400 })); }
		});`, worker.Options{})
		got := a.decline()
		if want := `TypeError: reload must be "stay" or "close", but got ` + strings.Trim(value, `"`); got.body != want {
			t.Errorf("the message is %q; got %q", want, got.body)
		}
	}
}

// Messages that arrive before the peer's Close are handled by the version that accepted the connection.
func TestAcceptReloadCloseMessagesBeforeThePeersClose(t *testing.T) {
	t.Parallel()
	a := serve(t, stateful("v1", closing), worker.Options{})
	nc, r := a.handmade()
	a.reload(stateful("v2", closing))
	wantFrame(t, r, protocol.CloseFrame, "\x03\xf4a new version of the application has been loaded")
	a.put(nc, frame(protocol.Text, "still on its way")) // before the answer to the Close
	a.put(nc, frame(protocol.CloseFrame, "\x03\xf4"))
	a.stdout.line(t, "v1 closed ann 1012 1012 close 1")
	a.stdout.never(t, "v2")
}

// If the engine of the version has crashed, the close event is dispatched in the engine that replaces it.
func TestAcceptReloadCloseAfterACrash(t *testing.T) {
	t.Parallel()
	a := serve(t, stateful("v1", closing), worker.Options{EventTimeout: loopTimeout})
	c := a.connect()
	c.send("hello", "loop", "never handled")
	c.want("v1 hello 1", "closed 1011 the application failed")
	a.stdout.line(t, "v1 closed ann 1011 1011 close 0") // in the next engine, whose variables are new
	if n := a.stdout.count("closed"); n != 1 {
		t.Errorf("there is one close event; got %d", n)
	}
	next := a.connect()
	next.send("hello")
	next.want("v1 hello 1")
}

func TestAcceptReloadCloseKeepsTheWorkerAwake(t *testing.T) {
	t.Parallel()
	a := serve(t, stateful("v1", closing), worker.Options{SleepAfter: time.Millisecond})
	c := a.connect()
	c.send("hello")
	c.want("v1 hello 1")
	a.log.line(t, "worker stays awake", "a connection that closes at a reload is open")
	c.send("hello")
	c.want("v1 hello 2")
	c.close(1000, "")
	a.state(0, "asleep")
}

// A pending upgrade is finished by the version that began it, and its connection is then closed immediately.
func TestAcceptReloadCloseOfAPendingUpgrade(t *testing.T) {
	t.Parallel()
	requested, respond := make(chan struct{}), make(chan struct{})
	users := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		close(requested)
		<-respond
	}))
	t.Cleanup(users.Close)
	a := serve(t, `
		addEventListener("websocketupgrade", async (event) => {
			await fetch("`+users.URL+`");
			event.accept(`+closing+`).send("accepted");
		});
		addEventListener("websocketclose", ({ sentCode }) => console.log("v1 closed", sentCode));`, worker.Options{})
	opened := make(chan *client, 1)
	go func() {
		c, _ := a.upgrade("/")
		opened <- c
	}()
	<-requested
	a.reload(stateful("v2", closing))
	close(respond)
	(<-opened).want("accepted", "closed 1012 a new version of the application has been loaded")
	a.stdout.line(t, "v1 closed 1012")
}

func TestAcceptReloadCloseIsPaced(t *testing.T) {
	t.Parallel()
	const many = 200
	a := serve(t, stateful("v1", closing), worker.Options{})
	clients := make([]*client, many)
	for i := range clients {
		clients[i] = a.connect()
	}
	a.reload(stateful("v2", closing))
	for _, c := range clients {
		c.want("closed 1012 a new version of the application has been loaded")
	}
	a.until("every connection has a close event", func() bool { return a.stdout.count("v1 closed ann 1012") == many })
}

// A peer that does not answer the Close does not keep a version in memory.
func TestAcceptReloadCloseIsBounded(t *testing.T) {
	t.Parallel()
	opts := worker.Options{Server: linger.Options{ShutdownTimeout: 100 * time.Millisecond, Options: websocket.Options{CloseTimeout: time.Hour}}}
	a := serve(t, stateful("v1", closing), opts)
	a.handmade()
	a.reload(stateful("v2", closing))
	a.stdout.line(t, "v1 closed ann 1006 1012 abort 0")
	a.until("the connection is removed", func() bool { return a.Server().Count() == 0 })
}

func TestAcceptReloadCloseOfManyVersions(t *testing.T) {
	t.Parallel()
	a := serve(t, stateful("v0", closing), worker.Options{})
	for i := range 8 {
		c := a.connect()
		c.send("hello")
		c.want(fmt.Sprintf("v%d hello 1", i))
		a.reload(stateful(fmt.Sprint("v", i+1), closing))
		c.want("closed 1012 a new version of the application has been loaded")
	}
	a.until("every connection has a close event", func() bool { return a.stdout.count("closed ann 1012") == 8 })
}
