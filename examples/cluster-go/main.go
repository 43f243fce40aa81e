// Command cluster-go is a node of a cluster: what a client sends on one node reaches the clients of all nodes.
//
//	go run ./examples/cluster-go -listen=127.0.0.1:8080 -node=a -cluster-listen=127.0.0.1:6222
//	go run ./examples/cluster-go -listen=127.0.0.1:8081 -node=b -cluster-listen=127.0.0.1:6223 -cluster-join=127.0.0.1:6222
//
// With -nats=nats://host:4222 it uses a NATS server that runs already.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/cluster"
)

func main() {
	address := flag.String("listen", "127.0.0.1:8080", "address to listen on for clients")
	name := flag.String("node", "", "name of the node; random if it is empty")
	clusterAddress := flag.String("cluster-listen", "", "address to listen on for other nodes")
	join := flag.String("cluster-join", "", "addresses of other nodes, separated by commas")
	nats := flag.String("nats", "", "addresses of NATS servers, separated by commas, instead of -cluster-listen")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	node, err := joinCluster(ctx, cluster.Options{Node: *name, Listen: *clusterAddress, Join: list(*join), URLs: list(*nats)})
	if err != nil {
		log.Fatal(err)
	}
	if err := serve(ctx, *address, linger.NewServer(handler, linger.Options{Cluster: node})); err != nil {
		log.Print(err)
	}
	report(node.Close(context.Background())) // after the last connection has ended
}

// handler subscribes each connection to the lobby, and publishes there what clients send.
var handler = linger.HandlerFuncs{
	OnUpgrade: func(u *linger.Upgrade) {
		_, err := u.Accept(linger.AcceptOptions{Channels: []string{"lobby"}})
		report(err)
	},
	OnMessage: func(m *linger.Message) {
		if m.String() == "who" {
			report(m.Socket.Send(linger.Text(who(m.Server))))
			return
		}
		_, err := m.Server.Publish("lobby", m.Payload, m.Socket) // to the others, on every node
		report(err)
	},
}

// who returns the answer to the message "who": the cluster as this node sees it.
func who(s *linger.Server) string {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	count, missing, err := s.CountAll(ctx, "lobby")
	report(err)
	text := fmt.Sprintf("node %s of %s, %d connections", s.Node(), strings.Join(s.Cluster().Nodes(), ", "), count)
	if len(missing) > 0 {
		text += ", without those of " + strings.Join(missing, ", ")
	}
	return text
}

// joinCluster joins the cluster within some seconds.
func joinCluster(ctx context.Context, opts cluster.Options) (*cluster.Node, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	return cluster.Join(ctx, opts)
}

// serve serves clients until ctx ends.
func serve(ctx context.Context, address string, server *linger.Server) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	log.Printf("node %s runs at http://%s/", server.Node(), listener.Addr())
	context.AfterFunc(ctx, func() { report(server.Shutdown(context.Background())) })
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) { // returns after Shutdown
		return err
	}
	return nil
}

// list returns the items of a list that are separated by commas.
func list(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

func report(err error) {
	if err != nil {
		log.Print(err)
	}
}
