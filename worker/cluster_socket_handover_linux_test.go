package worker_test

import (
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/worker"
)

// The WebSockets of objects stay open while the process of a node is replaced, whichever node has the connection and the object, and lose no message.
func TestClusterHandoverWebSockets(t *testing.T) {
	t.Parallel()
	c := memcluster.New()
	optionsOf := func(node *memcluster.Node, folder string) worker.Options {
		t.Cleanup(node.Leave)
		opts := storageOptions(folder)
		opts.Bindings = chatOptions.Bindings
		opts.Server.Cluster = node
		opts.Shared = &worker.Shared{Store: node.Store(), Log: node.Store()}
		return opts
	}
	folder := t.TempDir()
	a := serve(t, chatScript, optionsOf(c.Join("a"), folder))
	b := serve(t, chatScript, optionsOf(c.Join("b"), t.TempDir()))
	const rooms = 6
	var clients []*client
	for i := range rooms {
		for _, node := range []*testApp{a, b} {
			client := node.connectTo("/r" + itoa(i) + "?name=" + itoa(i))
			client.send("first")
			client.want("first")
			clients = append(clients, client)
		}
	}
	next := a.successor(chatScript, optionsOf(c.Replace("a"), folder))
	const messages = 100
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for i := range messages {
			for _, client := range clients {
				client.send(itoa(i))
			}
		}
	}()
	h := a.handOver(next, linger.HandoverOptions{}, linger.ReceiveOptions{Started: func() { takeOver(next) }})
	h.end()
	<-sent
	for _, client := range clients {
		for i := range messages {
			client.want(itoa(i))
		}
	}
	for i, client := range clients {
		client.send("=[ws.deserializeAttachment().name, ctx.getWebSockets().length].join(' ')")
		client.want(itoa(i/2) + " 2")
	}
}
