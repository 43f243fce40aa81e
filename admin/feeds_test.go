package admin_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/websocket"
)

func TestTail(t *testing.T) {
	f := start(t, nil)
	tail := f.feed("/v1/tail?payloads=true")
	c := f.client("/chat?secret=1")
	c.send("hello")
	c.want("text hello")
	id := f.only()
	if e := tail.event(); e.Event != "opened" || e.Connection != id || e.URL != "/chat" || !strings.HasPrefix(e.Address, "127.0.0.1:") {
		t.Errorf("the first event is that a connection was opened; got %+v", e)
	}
	if e := tail.event(); e.Event != "message" || e.Kind != "text" || *e.Size != 5 || *e.Text != "hello" {
		t.Errorf("then a message has come; got %+v", e)
	}
	if e := tail.event(); e.Event != "sent" || *e.Text != "hello" {
		t.Errorf("then the answer was sent; got %+v", e)
	}
	if err := c.conn.Close(4000, "bye"); err != nil {
		t.Fatal(err)
	}
	e := tail.event()
	if e.Event != "closed" || e.Close.Code != 4000 || e.Close.Reason != "bye" || e.Close.Initiator != "client" || e.Close.Cause != "close" || !e.Close.Clean {
		t.Errorf("at the end the client has closed with 4000; got %+v, %+v", e, e.Close)
	}
	f.do(http.MethodGet, "/nowhere", "") // is not an event of the server
	f.recorder.Failed(admin.Entry{Text: "TypeError: no", At: "app.js:1:2", Event: "message", Worker: 1})
	if e := tail.event(); e.Event != "failure" || e.Entry.Text != "TypeError: no" || e.Entry.At != "app.js:1:2" {
		t.Errorf("a failure has its position; got %+v", e)
	}
}

func TestTailFilters(t *testing.T) {
	f := start(t, nil)
	other := f.client("/other")
	c := f.client("/chat/1?channel=lobby")
	id := get[admin.ConnectionList](f, "/v1/connections?url=/chat").Connections[0].ID
	for _, query := range []string{
		"connection=" + id, "url=/chat/*", "url=chat", "channel=lobby", "state=open&url=/chat", "address=127.0.0.0/8&url=*1",
	} {
		tail := f.feed("/v1/tail?events=message&" + query)
		other.send("other")
		other.want("text other")
		c.send("hello")
		c.want("text hello")
		if e := tail.event(); e.Event != "message" || e.Connection != id || e.Text != nil {
			t.Errorf("%s selects the message of one connection, without its payload; got %+v", query, e)
		}
		tail.conn.CloseNow()
	}
}

func TestLive(t *testing.T) {
	f := start(t, nil)
	live := f.feed("/v1/live")
	if first := read[admin.Live](live); first.Connections.Total != 0 || first.Totals.Opened != 0 || first.Status.Version != "v1" {
		t.Errorf("the first snapshot comes at once, without connections; got %+v", first)
	}
	c := f.client("/?channel=lobby")
	c.send("hello")
	c.want("text hello")
	var s admin.Live
	f.eventually("the connection is in a snapshot", func() bool {
		s = read[admin.Live](live)
		return s.Connections.Total == 1 && s.Totals.MessagesSent == 1
	})
	if s.Connections.States.Open != 1 || s.Connections.Ages[0].Count+s.Connections.Ages[1].Count != 1 ||
		s.Channels.Total != 1 || s.Channels.Subscriptions != 1 || s.Channels.Largest[0].Channel != "lobby" || s.Totals.BytesReceived != 5 {
		t.Errorf("the snapshot has one open connection, its channel and its message; got %+v", s)
	}
	if err := c.conn.Close(4000, ""); err != nil {
		t.Fatal(err)
	}
	f.eventually("the close is in a snapshot", func() bool {
		s = read[admin.Live](live)
		return len(s.Closes) == 1
	})
	if s.Closes[0] != (admin.CloseCount{Code: 4000, Initiator: "client", Cause: "close", Count: 1}) {
		t.Errorf("the close has its code, its initiator and its cause; got %+v", s.Closes[0])
	}
}

// TestTailDropsForSlowReader checks that a reader that reads too slowly delays nothing, and learns how many events it has lost.
func TestTailDropsForSlowReader(t *testing.T) {
	const many, batch = 4000, 500
	f := start(t, nil)
	tail := f.slowFeed("/v1/tail?events=sent&payloads=true&rate=10000")
	c := f.client("/")
	payload := strings.Repeat("x", 4<<10)
	received, dropped := 0, int64(0)
	count := func() {
		switch e := tail.event(); e.Event {
		case "sent":
			received++
		case "dropped":
			dropped += e.Count
		}
	}
	for range many / batch {
		for range batch {
			c.send(payload)
		}
		for range batch {
			c.want("text " + payload)
		}
		for range batch / 10 { // within the write timeout of the tail, which is read too slowly
			count()
		}
	}
	for received+int(dropped) < many {
		count()
	}
	if received+int(dropped) != many || dropped == 0 || received == 0 {
		t.Errorf("of %d events each is received or counted as dropped; got %d and %d", many, received, dropped)
	}
}

func TestTailRate(t *testing.T) {
	f := start(t, nil)
	tail := f.feed("/v1/tail?events=message&rate=1")
	c := f.client("/")
	const many = 50
	for i := range many {
		c.send(strconv.Itoa(i))
		c.want("text " + strconv.Itoa(i))
	}
	received, dropped := 0, int64(0)
	for received+int(dropped) < many {
		if e := tail.event(); e.Event == "dropped" {
			dropped += e.Count
		} else {
			received++
		}
	}
	if dropped == 0 {
		t.Errorf("what exceeds one event per second is dropped; all %d came", received)
	}
}

func TestTailCutsPayloads(t *testing.T) {
	f := start(t, nil)
	tail := f.feed("/v1/tail?events=message&payloads=true")
	c := f.client("/")
	c.send("x" + strings.Repeat("é", 4000))
	e := tail.event()
	if !e.Truncated || *e.Size != 8001 || len(*e.Text) != 4095 || !strings.HasSuffix(*e.Text, "é") {
		t.Errorf("a long payload is cut after 4 KiB, between characters; got %d bytes of %d", len(*e.Text), *e.Size)
	}
	f.wantStatus(http.StatusOK, http.MethodGet, "/v1/status", "")
}

func TestTailReportsRefusals(t *testing.T) {
	f := start(t, func(o *linger.Options, _ *admin.Options) { o.MaxConnections = 1 })
	tail := f.feed("/v1/tail?events=refused&url=/full")
	f.client("/")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := websocket.Dial(ctx, f.ws+"/full?secret=1", nil); err == nil {
		t.Fatal("a full server refuses connections")
	}
	if e := tail.event(); e.Event != "refused" || e.Status != http.StatusServiceUnavailable || e.Reason != "max-connections" || e.URL != "/full" {
		t.Errorf("the refusal has its status and reason; got %+v", e)
	}
}

func TestFeedsRefuseWrongRequests(t *testing.T) {
	f := start(t, nil)
	for path, status := range map[string]int{
		"/v1/tail?events=x": http.StatusBadRequest, "/v1/tail?rate=0": http.StatusBadRequest, "/v1/tail?rate=10001": http.StatusBadRequest,
		"/v1/tail?address=x": http.StatusBadRequest, "/v1/tail?payloads=maybe": http.StatusBadRequest, "/v1/tail?limit=1": http.StatusBadRequest,
		"/v1/live?x=1": http.StatusBadRequest,
	} {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		_, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(f.url, "http")+path, nil)
		cancel()
		if failure, ok := errors.AsType[*websocket.DialError](err); !ok || !strings.Contains(failure.Error(), strconv.Itoa(status)) {
			t.Errorf("%s is refused with %d; got %v", path, status, err)
		}
	}
	if got := f.do(http.MethodGet, "/v1/live", "").status; got != http.StatusUpgradeRequired {
		t.Errorf("a plain request for a WebSocket is refused with 426; got %d", got)
	}
}

func TestTailsAreBounded(t *testing.T) {
	f := start(t, nil)
	var last *peer
	for range 16 {
		last = f.feed("/v1/tail")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	address := "ws" + strings.TrimPrefix(f.url, "http") + "/v1/tail"
	if _, err := websocket.Dial(ctx, address, nil); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a tail beyond the bound is refused with 503; got %v", err)
	}
	last.conn.CloseNow()
	f.eventually("a reader that leaves makes room", func() bool {
		conn, err := websocket.Dial(ctx, address, nil)
		if err == nil {
			conn.CloseNow()
		}
		return err == nil
	})
}

func TestFeedsAreBounded(t *testing.T) {
	f := start(t, nil)
	for range 64 {
		f.feed("/v1/live")
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(f.url, "http")+"/v1/live", nil); err == nil || !strings.Contains(err.Error(), "503") {
		t.Errorf("a WebSocket beyond the bound is refused with 503; got %v", err)
	}
}

// TestFeedsEndWithTheHandler checks that readers get a Close.
func TestFeedsEndWithTheHandler(t *testing.T) {
	f := start(t, nil)
	tail, live := f.feed("/v1/tail"), f.feed("/v1/live")
	read[admin.Live](live)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- f.handler.Shutdown(ctx) }()
	tail.want("closed 1001 server shutting down")
	for got := ""; !strings.HasPrefix(got, "closed 1001"); got = live.next() {
		if strings.HasPrefix(got, "closed") {
			t.Fatalf("a reader gets a Close with 1001; got %s", got)
		}
	}
	if err := <-ended; err != nil {
		t.Errorf("the shutdown succeeds; got %v", err)
	}
}

// TestTailReportsWhoHasClosed checks that a Close of the server and an end without a Close are reported as such.
func TestTailReportsWhoHasClosed(t *testing.T) {
	f := start(t, nil)
	tail := f.feed("/v1/tail?events=closed")
	c := f.client("/")
	f.wantStatus(http.StatusNoContent, http.MethodDelete, "/@connections/"+f.only()+"?code=4001&reason=moved", "")
	c.want("closed 4001 moved")
	if got := tail.event().Close; got.Code != 4001 || got.Reason != "moved" || got.Initiator != "server" || got.Cause != "close" || got.Received != 4001 {
		t.Errorf("the server has closed with 4001; got %+v", got)
	}
	f.client("/").conn.CloseNow()
	if got := tail.event().Close; got.Code != 1006 || got.Initiator != "neither" || got.Clean || got.Received != 1006 || got.Error == "" && got.Cause == "close" {
		t.Errorf("a connection that was aborted has ended without a Close; got %+v", got)
	}
}
