package admin_test

import (
	"net/http"
	"slices"
	"testing"

	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/websocket"
)

func TestCloses(t *testing.T) {
	f := start(t, nil)
	closes := func(query string) []admin.Event { return get[admin.CloseList](f, "/v1/closes"+query).Closes }
	if got := closes(""); len(got) != 0 {
		t.Fatalf("no connection has ended; got %+v", got)
	}
	first := f.client("/chat")
	id := f.only()
	_ = first.conn.Close(4001, "bye <b>")
	f.eventually("the first connection is listed", func() bool { return len(closes("")) == 1 })
	second := f.client("/prices")
	_ = second.conn.Close(websocket.CloseGoingAway, "")
	f.eventually("the second connection is listed", func() bool { return len(closes("")) == 2 })

	all := closes("")
	if all[0].URL != "/prices" || all[1].URL != "/chat" {
		t.Errorf("the last one is the first in the list; got %+v", all)
	}
	want := admin.CloseInfo{Code: 4001, Reason: "bye <b>", Initiator: "client", Cause: "close", Clean: true, Received: 4001, Sent: 4001}
	got := *all[1].Close
	got.Age = 0
	if got != want || all[1].Connection != id || all[1].Address == "" || all[1].Time.IsZero() {
		t.Errorf("the list has how the connection ended, %+v; got %+v of %+v", want, got, all[1])
	}

	for query, n := range map[string]int{
		"?code=4001": 1, "?code=4002": 0, "?initiator=client": 2, "?initiator=server": 0, "?cause=close&code=1001": 1, "?cause=keepalive": 0,
		"?url=/chat": 1, "?url=/c*t": 1, "?address=127.0.0.0/8": 2, "?address=192.0.2.1": 0, "?connection=" + id: 1, "?limit=1": 1,
	} {
		if got := closes(query); len(got) != n {
			t.Errorf("%s selects %d; got %+v", query, n, got)
		}
	}
	for _, query := range []string{"?code=9", "?code=x", "?initiator=peer", "?address=here", "?limit=0"} {
		f.wantError(http.StatusBadRequest, "bad_parameter", "GET", "/v1/closes"+query, "")
	}
}

func TestClosesAreBounded(t *testing.T) {
	f := start(t, nil)
	for range 1020 {
		client := f.client("/first")
		client.conn.CloseNow()
	}
	f.eventually("1000 connections are listed", func() bool { return len(get[admin.CloseList](f, "/v1/closes?limit=1000").Closes) == 1000 })
	last := f.client("/last")
	_ = last.conn.Close(websocket.CloseNormal, "")
	f.eventually("the last one is in the list, in the place of the first", func() bool {
		list := get[admin.CloseList](f, "/v1/closes?limit=1000").Closes
		return len(list) == 1000 && slices.ContainsFunc(list, func(e admin.Event) bool { return e.URL == "/last" })
	})
}
