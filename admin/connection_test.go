package admin_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
)

func TestConnectionDetails(t *testing.T) {
	f := start(t, nil)
	c := f.dial(f.ws+"/chat?channel=lobby&token=secret", http.Header{"User-Agent": {"test/1"}})
	c.send("hello")
	c.want("text hello")
	path := "/@connections/" + f.only()
	var got admin.ConnectionDetails
	f.eventually("the answer is counted, which happens after it was sent", func() bool {
		got = get[admin.ConnectionDetails](f, path)
		return len(got.Recent) == 2
	})
	switch {
	case got.Identity != admin.Identity{SourceIP: "127.0.0.1", UserAgent: "test/1"}:
		t.Errorf("the identity is that of the client; got %+v", got.Identity)
	case got.ConnectedAt.IsZero() || got.LastActiveAt.Before(got.ConnectedAt):
		t.Errorf("a connection is active after it was opened; got %v and %v", got.ConnectedAt, got.LastActiveAt)
	case got.URL != "/chat":
		t.Errorf("the query is not shown, because it may be secret; got %q", got.URL)
	case got.State != "open" || got.Received != admin.Traffic{Messages: 1, Bytes: 5} || got.Sent != got.Received:
		t.Errorf("the connection is open, with one message of 5 bytes in each direction; got %+v", got)
	case got.Recent[0].Sent || !got.Recent[1].Sent || got.Recent[1].Kind != "text" || got.Recent[1].Size != 5:
		t.Errorf("the last messages are one that was received and one that was sent; got %+v", got.Recent)
	case len(got.ChannelNames) != 1 || got.ChannelNames[0] != "lobby" || got.Channels != 1:
		t.Errorf("the connection is subscribed to lobby; got %v", got.ChannelNames)
	}
}

func TestConnectionQueryIsShownByOption(t *testing.T) {
	f := start(t, func(_ *linger.Options, o *admin.Options) { o.ShowQueries = true })
	f.client("/chat?room=1")
	if got := get[admin.ConnectionDetails](f, "/@connections/"+f.only()); got.URL != "/chat?room=1" {
		t.Errorf("with ShowQueries the URL has its query; got %q", got.URL)
	}
}

func TestConnectionSend(t *testing.T) {
	f := start(t, nil)
	c := f.client("/")
	path := "/@connections/" + f.only()
	f.wantStatus(http.StatusOK, http.MethodPost, path, `{"n":1}`, "Content-Type: application/json")
	c.want(`text {"n":1}`)
	f.wantStatus(http.StatusOK, http.MethodPost, path, "\xff\x00", "Content-Type: application/octet-stream")
	c.want("binary \xff\x00")
	f.wantStatus(http.StatusOK, http.MethodPost, path, "")
	c.want("text ")
	f.wantError(http.StatusBadRequest, "bad_text", http.MethodPost, path, "\xff")
	f.wantError(http.StatusRequestEntityTooLarge, "too_large", http.MethodPost, path, strings.Repeat("x", 1<<20+1))
	f.wantError(http.StatusGone, "connection_gone", http.MethodPost, "/@connections/test.unknown", "hello")
	f.wantError(http.StatusGone, "connection_gone", http.MethodGet, "/@connections/test.unknown", "")
}

// TestConnectionSendToSlowClient checks that a message that does not fit leaves the connection open, whatever the policy is.
func TestConnectionSendToSlowClient(t *testing.T) {
	f := start(t, func(o *linger.Options, _ *admin.Options) { o.SendQueue = 64 << 10 })
	f.client("/") // reads nothing
	path := "/@connections/" + f.only()
	message := strings.Repeat("x", 1<<20)
	f.eventually("the queue of a client that does not read becomes full", func() bool {
		return f.do(http.MethodPost, path, message).status == http.StatusTooManyRequests
	})
	f.wantError(http.StatusTooManyRequests, "queue_full", http.MethodPost, path, message)
	got := get[admin.ConnectionDetails](f, path)
	if got.State != "open" || got.Buffered == 0 {
		t.Errorf("a connection with a full queue stays open; got %+v", got.Connection)
	}
}

func TestConnectionClose(t *testing.T) {
	for query, want := range map[string]string{
		"":                             "closed 1000",
		"?code=4001&reason=bye%20now":  "closed 4001 bye now",
		"?code=1012&discard=true":      "closed 1012",
		"?code=3999&reason=%e2%82%ac1": "closed 3999 €1",
	} {
		f := start(t, nil)
		c := f.client("/")
		path := "/@connections/" + f.only()
		f.wantStatus(http.StatusNoContent, http.MethodDelete, path+query, "")
		c.want(want)
		f.eventually("a closed connection is gone", func() bool {
			return f.do(http.MethodDelete, path, "").status == http.StatusGone
		})
	}
}

func TestConnectionCloseRefusesWhatMayNotBeSent(t *testing.T) {
	f := start(t, nil)
	c := f.client("/")
	path := "/@connections/" + f.only()
	for _, query := range []string{
		"?code=0", "?code=999", "?code=1004", "?code=1005", "?code=1006", "?code=1015", "?code=2999", "?code=5000", "?code=70000", "?code=-1",
		"?code=abc", "?code=1000.0", "?reason=" + strings.Repeat("x", 124), "?reason=%ff",
	} {
		f.wantError(http.StatusBadRequest, "bad_close", http.MethodDelete, path+query, "")
	}
	f.wantError(http.StatusBadRequest, "unknown_parameter", http.MethodDelete, path+"?kode=1000", "")
	f.wantError(http.StatusBadRequest, "bad_parameter", http.MethodDelete, path+"?code=1000&code=1001", "")
	f.wantError(http.StatusBadRequest, "bad_parameter", http.MethodDelete, path+"?discard=perhaps", "")
	c.send("still here")
	c.want("text still here")
}

func TestChannels(t *testing.T) {
	f := start(t, func(o *linger.Options, _ *admin.Options) { o.MaxChannels = 3 })
	c := f.client("/?channel=lobby")
	path := "/@connections/" + f.only() + "/channels/"
	f.wantStatus(http.StatusNoContent, http.MethodPut, path+"a%2Fb", "")
	if got := f.wantStatus(http.StatusOK, http.MethodPost, "/v1/channels/a%2Fb", "hello"); got != "{\"receivers\":1}\n" {
		t.Errorf("one connection has received the publication; got %s", got)
	}
	c.want("text hello")
	f.wantStatus(http.StatusNoContent, http.MethodPut, path+"c", "")
	f.wantError(http.StatusConflict, "too_many_channels", http.MethodPut, path+"d", "")
	list := get[admin.ChannelList](f, "/v1/channels?limit=2")
	if len(list.Channels) != 2 || list.Channels[0] != (admin.Channel{Channel: "a/b", Subscribers: 1}) || list.Total != 3 {
		t.Errorf("the first two of three channels are listed; got %+v", list)
	}
	list = get[admin.ChannelList](f, "/v1/channels?limit=2&cursor="+list.Next)
	if len(list.Channels) != 1 || list.Channels[0].Channel != "lobby" || list.Next != "" {
		t.Errorf("the last page has the rest; got %+v", list)
	}
	if list := get[admin.ChannelList](f, "/v1/channels?channel=l*y"); len(list.Channels) != 1 {
		t.Errorf("the list is filtered by name; got %+v", list)
	}
	f.wantStatus(http.StatusNoContent, http.MethodDelete, path+"lobby", "")
	if got := f.wantStatus(http.StatusOK, http.MethodPost, "/v1/channels/lobby", "no subscriber"); got != "{\"receivers\":0}\n" {
		t.Errorf("no connection is subscribed any more; got %s", got)
	}
	f.wantError(http.StatusBadRequest, "bad_channel", http.MethodPut, path+strings.Repeat("x", 257), "")
	f.wantError(http.StatusBadRequest, "bad_channel", http.MethodPost, "/v1/channels/"+strings.Repeat("x", 257), "hello")
	f.wantError(http.StatusGone, "connection_gone", http.MethodPut, "/@connections/test.unknown/channels/x", "")
}
