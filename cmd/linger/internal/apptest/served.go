package apptest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker"
)

// served is an application on a port of the loopback interface.
type served struct {
	app     *worker.App
	server  *http.Server
	url     string // without a slash at the end
	control string // the path of the requests with which tests control the application, which cannot be guessed
}

// serve serves an application. If that fails, it is shut down.
func serve(app *worker.App) (*served, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		shutdown(app)
		return nil, fmt.Errorf("the application cannot be served: %w", err)
	}
	s := &served{app: app, url: "http://" + listener.Addr().String(), control: "/__linger_test/" + rand.Text() + "/"}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+s.control+"reload", s.reload)
	mux.HandleFunc("POST "+s.control+"scheduled", s.scheduled)
	s.server = websocket.NewHTTPServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h, pattern := mux.Handler(r); pattern != "" {
			h.ServeHTTP(w, r)
			return
		}
		app.ServeHTTP(w, r)
	}))
	go func() { _ = websocket.Serve(s.server, listener) }() // until stop
	return s, nil
}

// stop ends the server and the application.
func (s *served) stop() {
	shutdown(s.app)
	_ = s.server.Close()
}

// reload loads the application again.
func (s *served) reload(w http.ResponseWriter, _ *http.Request) {
	answer(w, s.app.Reload())
}

// scheduled dispatches the scheduled event.
func (s *served) scheduled(w http.ResponseWriter, r *http.Request) {
	ms, err := strconv.ParseInt(r.FormValue("time"), 10, 64)
	if err != nil {
		answer(w, errors.New("scheduled: time is not a number of milliseconds, as of Date.now()"))
		return
	}
	answer(w, s.app.Scheduled(r.Context(), r.FormValue("cron"), time.UnixMilli(ms)))
}

func answer(w http.ResponseWriter, err error) {
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = fmt.Fprint(w, err) // fails if the test has ended
	}
}
