package admin_test

import (
	"log"
	"net/http"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/admin/dashboard"
)

// A program in Go serves the administration of its server on the loopback interface.
func Example() {
	recorder := admin.NewRecorder()
	server := linger.NewServer(linger.HandlerFuncs{
		OnMessage: func(m *linger.Message) { _ = m.Socket.Send(m.Payload) },
	}, linger.Options{Trace: recorder.Trace(), Stats: true})

	handler := admin.New(admin.Options{Server: server, Recorder: recorder, Dashboard: dashboard.Handler()})
	web := &http.Server{Addr: "127.0.0.1:9180", Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	go func() { log.Print(web.ListenAndServe()) }()

	log.Fatal(server.ListenAndServe(":8080"))
}
