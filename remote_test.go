package linger_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/protocol"
)

// node is a server of a cluster in memory.
type node struct {
	*service
	member   *memcluster.Node
	accepted chan *linger.Socket
}

// serveNode adds a node with a server to a cluster. It is for tests in a bubble.
func serveNode(t *testing.T, cluster *memcluster.Cluster, name string, app linger.HandlerFuncs, opts linger.Options) *node {
	t.Helper()
	n := &node{member: cluster.Join(name), accepted: make(chan *linger.Socket, 1000)}
	t.Cleanup(n.member.Leave)
	if app.OnUpgrade == nil {
		app.OnUpgrade = accept(linger.AcceptOptions{Channels: []string{"lobby"}}, n.accepted)
	}
	opts.Cluster = n.member
	n.service = serve(t, app, opts)
	return n
}

// open connects a client to the node.
func (n *node) open(lines ...string) (*client, *linger.Socket) {
	n.t.Helper()
	c := n.connect(lines...)
	return c, <-n.accepted
}

func TestRemote(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cluster := memcluster.New()
		a := serveNode(t, cluster, "a", linger.HandlerFuncs{}, linger.Options{})
		b := serveNode(t, cluster, "b", linger.HandlerFuncs{}, linger.Options{})
		client, socket := b.open("X-Who: x")
		for _, from := range []*node{a, b} {
			r := from.Remote(socket.ID())
			if r.Node() != "b" || r.ID() != socket.ID() {
				t.Errorf("the node in %s is b; got %s", r.ID(), r.Node())
			}
			for i := range 3 {
				wantError(t, "a message is sent", r.Send(linger.Text(fmt.Sprint(from.Node(), i))), nil)
			}
			wantError(t, "the data is set", r.SetData(map[string]string{"from": from.Node()}), nil)
			wantError(t, "the connection is subscribed", r.Subscribe("news "+from.Node()), nil)
			info, err := r.Info(t.Context())
			wantError(t, "the connection can be described", err, nil)
			var data map[string]string
			wantError(t, "its data can be read", info.Data(&data), nil)
			if info.ID != socket.ID() || info.Node != "b" || info.State != protocol.StateOpen || info.Header().Get("X-Who") != "x" ||
				info.URL().String() != socket.URL().String() || data["from"] != from.Node() || info.RemoteAddr() != socket.RemoteAddr() {
				t.Errorf("node %s describes the connection as it is; got %+v with data %v", from.Node(), info, data)
			}
			if b.Subscribers("news "+from.Node()) != 1 {
				t.Errorf("node %s has subscribed the connection", from.Node())
			}
			wantError(t, "the connection joins", r.Join("room", from.Node()), nil)
			time.Sleep(time.Second)
			if got := roster(t, a.Server, "room"); got != from.Node()+"@b" {
				t.Errorf("node %s has made the connection a member; got %q", from.Node(), got)
			}
			wantError(t, "the connection leaves", r.Leave("room"), nil)
			time.Sleep(time.Second)
			if got := roster(t, a.Server, "room"); got != "" {
				t.Errorf("node %s has removed the connection; got %q", from.Node(), got)
			}
			wantError(t, "the subscription is ended", r.Unsubscribe("news "+from.Node()), nil)
			wantError(t, "the data is removed", r.SetData(nil), nil)
			if info, _ := r.Info(t.Context()); info.HasData() || b.Subscribers("news "+from.Node()) != 0 {
				t.Errorf("node %s has removed the data and the subscription", from.Node())
			}
		}
		client.want("text a0", "text a1", "text a2", "text b0", "text b1", "text b2")
		wantError(t, "the connection is closed", a.Remote(socket.ID()).Close(4001, "bye"), nil)
		client.want("close 4001 bye")
		client.close(4001, "bye")
		b.end()
		for _, from := range []*node{a, b} {
			_, err := from.Remote(socket.ID()).Info(t.Context())
			wantError(t, "a connection that has ended is reported", err, linger.ErrClosed)
		}
	})
}

func TestRemoteErrors(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cluster := memcluster.New()
		a := serveNode(t, cluster, "a", linger.HandlerFuncs{}, linger.Options{})
		b := serveNode(t, cluster, "b", linger.HandlerFuncs{}, linger.Options{})
		_, socket := b.open()
		wantError(t, "a connection of this node that does not exist", a.Remote("a.x").Send(linger.Text("x")), linger.ErrClosed)
		wantError(t, "a node that does not exist", a.Remote("c.x").Send(linger.Text("x")), linger.ErrUnreachable)
		wantError(t, "an id without a node", a.Remote("").Send(linger.Text("x")), linger.ErrUnreachable)
		wantError(t, "a channel without a name", a.Remote(socket.ID()).Subscribe(""), linger.ErrChannelName)
		wantError(t, "data that is too large", a.Remote(socket.ID()).SetData(text(1<<17)), linger.ErrDataSize)
		if a.Remote(socket.ID()).Close(1005, "") == nil {
			t.Error("the code 1005 may not be sent")
		}
		cluster.Cut("a", "b")
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := a.Remote(socket.ID()).Info(ctx)
		wantError(t, "a node that does not answer", err, context.DeadlineExceeded)
	})
}

// A malformed record of another node is refused, and other connections than the one in it are not affected.
func TestRemoteMalformedRecord(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cluster := memcluster.New()
		a := cluster.Join("a")
		t.Cleanup(a.Leave)
		b := serveNode(t, cluster, "b", linger.HandlerFuncs{}, linger.Options{})
		client, socket := b.open()
		closing := slices.Clip(wire.AppendString(wire.AppendUint(nil, 1, 2), 2, socket.ID()))
		for name, record := range map[string][]byte{
			"nothing":               nil,
			"no record":             []byte("\xff\xff"),
			"an unknown kind":       wire.AppendUint(nil, 1, 99),
			"no id":                 wire.AppendUint(nil, 1, 1),
			"a long id":             wire.AppendString(wire.AppendUint(nil, 1, 6), 2, text(1000)),
			"a code that is not":    wire.AppendUint(closing, 5, 1005),
			"a code that is huge":   wire.AppendUint(closing, 5, 1<<16+1000),
			"a reason that is long": wire.AppendString(wire.AppendUint(closing, 5, 4000), 6, text(124)),
			"a reason that is not":  wire.AppendString(wire.AppendUint(closing, 5, 4000), 6, "\xff"),
			"data that is large":    wire.AppendBytes(wire.AppendString(wire.AppendUint(nil, 1, 5), 2, socket.ID()), 9, make([]byte, 1<<17)),
		} {
			response, err := a.Call(t.Context(), "b", "connections", record)
			if lines := wire.Lines(response); err != nil || !slices.Equal(lines, []string{"1 3"}) {
				t.Errorf("%s is refused; the answer is %q, %v", name, lines, err)
			}
		}
		bad := wire.AppendBytes(wire.AppendString(wire.AppendUint(nil, 1, 1), 2, socket.ID()), 3, []byte("\xff"))
		wantError(t, "text that is not UTF-8 is sent", a.Send("b", "connections", bad), nil)
		synctest.Wait()
		wantError(t, "the connection works", socket.Send(linger.Text("good")), nil)
		client.want("text good")
	})
}

func TestServerConnections(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cluster := memcluster.New()
		nodes := []*node{}
		var want []string
		for i, name := range []string{"a", "ab", "b"} {
			n := serveNode(t, cluster, name, linger.HandlerFuncs{}, linger.Options{})
			nodes = append(nodes, n)
			for range 5 * i {
				_, s := n.open("X-Large: " + text(3000))
				want = append(want, s.ID())
			}
		}
		slices.Sort(want)
		for _, limit := range []int{1, 2, 5, 7, 15, 100} {
			ids, missing := list(t, nodes[1], "lobby", limit)
			if !slices.Equal(ids, want) || missing != nil {
				t.Errorf("pages of %d have each connection once, in order; got %q, want %q, and the nodes %q are missing", limit, ids, want, missing)
			}
		}
		if ids, _ := list(t, nodes[0], "empty", 3); ids != nil {
			t.Errorf("a channel without subscribers has no connections; got %q", ids)
		}
		if n, missing, err := nodes[0].CountAll(t.Context(), "lobby"); n != 15 || missing != nil || err != nil {
			t.Errorf("15 connections are counted; got %d, %q, %v", n, missing, err)
		}
		cluster.Cut("ab", "a") // node a is not connected to ab any more
		if ids, missing := list(t, nodes[0], "", 4); len(ids) != 10 || missing != nil {
			t.Errorf("a node that is not in the cluster has no connections; got %d, and the nodes %q are missing", len(ids), missing)
		}
		for _, cursor := range []string{"x", "/a", "a/", "ä/a", "a/" + text(1000)} {
			_, err := nodes[0].Connections(t.Context(), "", linger.ListOptions{Cursor: cursor})
			wantError(t, "the cursor "+cursor, err, linger.ErrCursor)
		}
		_, err := nodes[0].Connections(t.Context(), text(257), linger.ListOptions{})
		wantError(t, "a long name", err, linger.ErrChannelName)
	})
}

// list returns the ids of all pages.
func list(t *testing.T, n *node, channel string, limit int) (ids, missing []string) {
	t.Helper()
	for cursor := ""; ; {
		page, err := n.Connections(t.Context(), channel, linger.ListOptions{Limit: limit, Cursor: cursor})
		if err != nil || len(page.Connections) > limit {
			t.Fatalf("a page has %d connections at most; got %d, %v", limit, len(page.Connections), err)
		}
		for _, c := range page.Connections {
			ids = append(ids, c.ID)
		}
		missing = append(missing, page.Missing...)
		if cursor = page.Cursor; cursor == "" {
			return ids, missing
		}
	}
}

// silent is a Cluster whose node with a name never answers.
type silent struct {
	linger.Cluster
	name string
}

func (s silent) Nodes() []string { return append(s.Cluster.Nodes(), s.name) }

func (s silent) Call(ctx context.Context, node, service string, record []byte) ([]byte, error) {
	if node == s.name {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	return s.Cluster.Call(ctx, node, service, record)
}

func TestServerConnectionsMissing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		cluster := memcluster.New()
		member := cluster.Join("a")
		t.Cleanup(member.Leave)
		s := serve(t, linger.HandlerFuncs{}, linger.Options{Cluster: silent{member, "z"}})
		b := serveNode(t, cluster, "b", linger.HandlerFuncs{}, linger.Options{})
		b.open()
		s.connect()
		began := time.Now()
		page, err := s.Connections(t.Context(), "", linger.ListOptions{Timeout: time.Second})
		if err != nil || len(page.Connections) != 2 || !slices.Equal(page.Missing, []string{"z"}) || page.Cursor != "" {
			t.Errorf("the connections of the others are listed, and z is missing; got %d, %q, %v", len(page.Connections), page.Missing, err)
		}
		if took := time.Since(began); took != time.Second {
			t.Errorf("a node has as long to answer as the options allow; took %v", took)
		}
		if n, missing, err := s.CountAll(t.Context(), ""); n != 2 || strings.Join(missing, "") != "z" || err != nil {
			t.Errorf("the connections of the others are counted, and z is missing; got %d, %q, %v", n, missing, err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		defer cancel()
		_, err = s.Connections(ctx, "", linger.ListOptions{})
		wantError(t, "the context ends first", err, context.DeadlineExceeded)
		page, err = s.Connections(t.Context(), "", linger.ListOptions{Cursor: "left/left.x", Timeout: time.Second})
		if err != nil || !slices.Contains(page.Missing, "left") {
			t.Errorf("a node that has left since the page before is missing; got %q, %v", page.Missing, err)
		}
	})
}
