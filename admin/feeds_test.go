package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/lingerws/linger/admin"
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
