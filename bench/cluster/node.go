//go:build linux

package main

import (
	"bytes"
	"context"
	"flag"
	"log/slog"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/cluster"
)

// runNode runs a node of Linger: "subscribe CHANNEL" subscribes a connection, and "publish CHANNEL TEXT" publishes.
func runNode(args []string) error {
	flags := flag.NewFlagSet("node", flag.ContinueOnError)
	name := flags.String("name", "", "name of the node")
	url := flags.String("nats", "", "address of the NATS server")
	listen := flags.String("listen", "", "address of the embedded server, instead of -nats")
	join := flags.String("join", "", "address of another embedded server")
	address := flags.String("addr", "", "address to listen on")
	if err := flags.Parse(args); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	options := cluster.Options{Node: *name, Listen: *listen, Logger: quiet()}
	if *url != "" {
		options.URLs = []string{*url}
	}
	if *join != "" {
		options.Join = []string{*join}
	}
	node, err := cluster.Join(ctx, options)
	if err != nil {
		return err
	}
	server := linger.NewServer(handler{}, linger.Options{Cluster: node, MaxConnections: -1, MaxPerAddress: -1})
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		return err
	}
	return (&http.Server{Handler: server, ReadHeaderTimeout: 10 * time.Second}).Serve(listener)
}

// quiet logs warnings and errors.
func quiet() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

type handler struct{}

func (handler) Upgrade(u *linger.Upgrade) { _, _ = u.Accept(linger.AcceptOptions{}) } // the error is that it was answered

func (handler) Message(m *linger.Message) {
	command, rest, _ := bytes.Cut(m.Data, []byte(" "))
	channel, text, _ := bytes.Cut(rest, []byte(" "))
	switch string(command) {
	case "subscribe":
		if err := m.Socket.Subscribe(string(channel)); err == nil {
			_ = m.Socket.Send(linger.Text("subscribed")) // the connection may have ended
		}
	case "publish":
		_, _ = m.Server.Publish(string(channel), linger.Text(string(text))) // the channel has a valid name
	}
}

func (handler) Close(*linger.Close) {}
