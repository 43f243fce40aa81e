// Command server is Linger as the benchmark measures it: the three events in Go, and
// everything else as it is by default.
//
//	go run ./bench/server -lib linger -addr 127.0.0.1:9001
//	go run ./bench/server -lib linger -fanout -addr 127.0.0.1:9001
//	go run ./bench/server -lib linger -deflate -addr 127.0.0.1:9001
//
// It sends every message back, or with -fanout to all connections, the sender's own
// among them. With -lib linger-blocking every connection has the blocking driver, and with
// -lib linger-lending the handler has a payload until it returns only.
package main

import (
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/websocket"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	s, err := parse(args)
	if err != nil {
		return err
	}
	if err := profile(os.Getenv("CPUPROF")); err != nil {
		return err
	}
	return websocket.ListenAndServe(s.address, linger.NewServer(handler(s.fanout), s.options))
}

// settings are what the flags say.
type settings struct {
	options linger.Options // the defaults, but for the driver
	fanout  bool
	address string
}

func parse(args []string) (s settings, err error) {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	lib := flags.String("lib", "linger", "linger, linger-blocking or linger-lending")
	flags.BoolVar(&s.fanout, "fanout", false, "send each message to all connections")
	deflate := flags.Bool("deflate", false, "agree on compression")
	flags.StringVar(&s.address, "addr", "127.0.0.1:9001", "where to listen")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if *deflate {
		s.options.Compression = new(websocket.CompressionOptions)
	}
	switch *lib {
	case "linger":
	case "linger-blocking":
		s.options.Blocking = true
	case "linger-lending":
		s.options.LendPayloads = true
	default:
		return s, fmt.Errorf("-lib is linger, linger-blocking or linger-lending, not %q", *lib)
	}
	return s, nil
}

// profile writes what the first four seconds cost to a file, if one is named.
func profile(name string) error {
	if name == "" {
		return nil
	}
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	time.AfterFunc(4*time.Second, func() {
		pprof.StopCPUProfile()
		_ = file.Close()
	})
	return pprof.StartCPUProfile(file)
}

const channel = "all"

// handler is the application.
func handler(fanout bool) linger.Handler {
	if !fanout {
		return linger.HandlerFuncs{
			OnMessage: func(m *linger.Message) { _ = m.Socket.Send(m.Payload) },
		}
	}
	return linger.HandlerFuncs{
		OnUpgrade: func(u *linger.Upgrade) {
			_, _ = u.Accept(linger.AcceptOptions{Channels: []string{channel}})
		},
		OnMessage: func(m *linger.Message) { _, _ = m.Server.Publish(channel, m.Payload) },
	}
}
