// Command server is the Linger server that the benchmark measures: the three events in
// Go, with default options.
//
//	go run ./bench/server -lib linger -addr 127.0.0.1:9001
//	go run ./bench/server -lib linger -fanout -addr 127.0.0.1:9001
//	go run ./bench/server -lib linger -deflate -addr 127.0.0.1:9001
//
// It echoes every message, or with -fanout sends it to all connections including the
// sender. With -lib linger-blocking it uses the blocking driver for every connection, and
// with -lib linger-lending the handler may use a payload only until it returns.
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

// settings are the parsed flags.
type settings struct {
	options linger.Options // the defaults except for what -lib and -deflate change
	fanout  bool
	address string
}

func parse(args []string) (s settings, err error) {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	lib := flags.String("lib", "linger", "linger, linger-readiness, linger-blocking or linger-lending")
	flags.BoolVar(&s.fanout, "fanout", false, "send each message to all connections")
	deflate := flags.Bool("deflate", false, "negotiate compression")
	flags.StringVar(&s.address, "addr", "127.0.0.1:9001", "address to listen on")
	if err := flags.Parse(args); err != nil {
		return s, err
	}
	if *deflate {
		s.options.Compression = new(websocket.CompressionOptions)
	}
	switch *lib {
	case "linger":
	case "linger-readiness":
		s.options.IO = websocket.IOReadiness
	case "linger-blocking":
		s.options.IO = websocket.IOBlocking
	case "linger-lending":
		s.options.LendPayloads = true
	default:
		return s, fmt.Errorf("-lib must be linger, linger-readiness, linger-blocking or linger-lending, not %q", *lib)
	}
	return s, nil
}

// profile writes a CPU profile of the first four seconds to the named file. It does
// nothing if name is empty.
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

// handler returns the application: a fan-out to all connections, or an echo.
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
