package admin_test

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/internal/memconn"
)

// BenchmarkTrace measures what the recorder adds to each message that is received.
func BenchmarkTrace(b *testing.B) {
	sockets := make(chan *linger.Socket, 1)
	server := linger.NewServer(linger.HandlerFuncs{OnUpgrade: func(u *linger.Upgrade) {
		if s, err := u.Accept(linger.AcceptOptions{}); err == nil {
			sockets <- s
		}
	}}, linger.Options{Stats: true, Logger: slog.New(slog.DiscardHandler)})
	l := memconn.Listen()
	web := &http.Server{Handler: server, ReadHeaderTimeout: patience}
	go func() { _ = web.Serve(l) }()
	b.Cleanup(func() { _ = web.Close() })
	conn, err := l.Dial()
	if err != nil {
		b.Fatal(err)
	}
	open(b, conn, "/chat?n=1")
	socket, payload := <-sockets, linger.Text("hello")
	for name, query := range map[string]string{"alone": "", "tail": "events=message", "other": "url=/other", "payloads": "payloads=true"} {
		b.Run(name, func(b *testing.B) {
			recorder := admin.NewRecorder()
			f := &fixture{t: b, url: listen(b, admin.New(admin.Options{Server: server, Recorder: recorder}))}
			if query != "" {
				f.feed("/v1/tail?" + query)
			}
			received := recorder.Trace().Received
			b.ReportAllocs()
			for b.Loop() {
				received(socket, payload)
			}
		})
	}
}

// BenchmarkEcho measures messages that are echoed over TCP, one after the other, with what the administration adds.
func BenchmarkEcho(b *testing.B) {
	for _, size := range []int{16, 4096} {
		for _, test := range []struct{ name, query string }{{"off", ""}, {"recorded", ""}, {"tail", "events=opened"}, {"payloads", "payloads=true"}} {
			b.Run(fmt.Sprintf("%s/%d", test.name, size), func(b *testing.B) {
				f := start(b, func(o *linger.Options, _ *admin.Options) {
					if test.name == "off" {
						o.Trace, o.Stats = nil, false
					}
				})
				if test.query != "" {
					tail := f.feed("/v1/tail?" + test.query)
					go func() {
						for !strings.HasPrefix(tail.next(), "closed") {
						}
					}()
				}
				c, text := f.client("/"), strings.Repeat("x", size)
				for b.Loop() {
					c.send(text)
					c.next()
				}
			})
		}
	}
}
