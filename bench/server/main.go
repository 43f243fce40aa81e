// Command server is Linger as the benchmark measures it: the three events in Go, and
// everything else as it is by default.
//
//	go run ./bench/server -lib linger -addr 127.0.0.1:9001
//	go run ./bench/server -lib linger -fanout -addr 127.0.0.1:9001
//
// It sends every message back, or with -fanout to all connections, the sender's own
// among them. With -lib linger-blocking every connection has the blocking driver.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"runtime/pprof"
	"time"

	"github.com/lingerws/linger"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	lib := flags.String("lib", "linger", "linger or linger-blocking")
	fanout := flags.Bool("fanout", false, "send each message to all connections")
	address := flags.String("addr", "127.0.0.1:9001", "where to listen")
	if err := flags.Parse(args); err != nil {
		return err
	}
	opts, err := options(*lib)
	if err != nil {
		return err
	}
	if f := os.Getenv("CPUPROF"); f != "" {
		file, _ := os.Create(f)
		_ = pprof.StartCPUProfile(file)
		go func() { time.Sleep(4 * time.Second); pprof.StopCPUProfile(); file.Close() }()
	}
	return http.ListenAndServe(*address, linger.NewServer(handler(*fanout), opts))
}

// options are the defaults, but for the driver.
func options(lib string) (linger.Options, error) {
	var opts linger.Options
	switch lib {
	case "linger":
	case "linger-blocking":
		opts.Blocking = true
	default:
		return opts, fmt.Errorf("-lib is linger or linger-blocking, not %q", lib)
	}
	return opts, nil
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
