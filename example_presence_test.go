package linger_test

import (
	"context"
	"fmt"
	"time"

	"github.com/lingerws/linger"
)

// Each client of a room is notified of new members, which are on any node of a cluster.
func ExampleSocket_Join() {
	server := linger.NewServer(linger.HandlerFuncs{
		OnMessage: func(m *linger.Message) { // the name of the client
			if err := m.Socket.Join("room", m.String()); err != nil {
				return
			}
			ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
			defer cancel()
			members, _, err := m.Server.Presence(ctx, "room")
			if err != nil {
				return
			}
			_ = m.Socket.Send(linger.Text(fmt.Sprintf("there are %d members", len(members))))
		},
	}, linger.Options{})
	server.HandlePresence(func(p *linger.Presence) {
		for _, member := range p.Joined {
			var name string
			if member.Data(&name) == nil {
				_, _ = p.Publish(linger.Text(name + " is here")) // the function of each node publishes for its own subscribers
			}
		}
	})
}

// An operator closes a connection of any node, and counts those of all.
func ExampleServer_Remote() {
	server := linger.NewServer(linger.HandlerFuncs{}, linger.Options{})
	closeAndCount := func(ctx context.Context, id string) {
		if err := server.Remote(id).Close(4000, "closed by an operator"); err != nil {
			fmt.Println(err)
		}
		count, missing, err := server.CountAll(ctx, "")
		fmt.Println(count, "connections without those of", missing, err)
	}
	closeAndCount(context.Background(), "node1.example")
}
