package linger_test

import (
	"slices"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/protocol"
)

func TestHandover(t *testing.T) {
	sockets := make(chan *linger.Socket, 1)
	opts := linger.Options{Stats: true}
	from := serveTCP(t, linger.HandlerFuncs{OnMessage: echo, OnUpgrade: accept(linger.AcceptOptions{Data: map[string]int{"n": 7}, Channels: []string{"lobby"}}, sockets)}, opts)
	to := serveTCP(t, linger.HandlerFuncs{OnMessage: func(m *linger.Message) {
		_ = m.Socket.Send(linger.Text("new " + m.String()))
	}}, opts)
	c := from.connect("X-Custom: yes")
	old := <-sockets
	c.text("one")
	c.want("text one")
	report := handOver(t, from, to)
	if report.Moved != 1 || from.Count() != 0 || from.Ready() {
		t.Errorf("the connection has moved, and the old server is not ready; got %+v, %d connections", report, from.Count())
	}
	c.text("two")
	c.want("text new two")
	s := to.Socket(old.ID())
	if s == nil || to.Count() != 1 {
		t.Fatalf("the connection has its id in the new server; %d are there", to.Count())
	}
	if to.Node() != from.Node() {
		t.Errorf("the new server has the name of the old one, %s; got %s", from.Node(), to.Node())
	}
	data, err := linger.Data[map[string]int](s)
	if err != nil || data["n"] != 7 {
		t.Errorf("the data has moved; got %v, %v", data, err)
	}
	if got := s.Channels(); !slices.Equal(got, []string{"lobby"}) || s.Header().Get("X-Custom") != "yes" || s.Path() != "/chat" || s.RemoteAddr() != old.RemoteAddr() {
		t.Errorf("the request and the subscriptions have moved; got %v, %v", got, s.Header())
	}
	if stats := s.Stats(); stats.Received.Messages != 2 || stats.Sent.Messages != 2 || len(stats.Recent) != 4 {
		t.Errorf("what was recorded has moved; got %+v", stats)
	}
	if n, err := to.Publish("lobby", linger.Text("news")); n != 1 || err != nil {
		t.Errorf("the subscription works; %d received it, %v", n, err)
	}
	c.want("text news")
	c.close(protocol.CloseNormal, "bye")
	c.want("close 1000 bye", "EOF")
	if end := to.end(); !end.Clean || end.Socket != s {
		t.Errorf("the connection ends in the new server; got %+v", end.Outcome)
	}
}
