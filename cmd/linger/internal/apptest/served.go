package apptest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
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

	relay *relay // accepts the connections for the application

	mu        sync.Mutex
	addresses map[string]string // the addresses of the connections that tests have opened, by the names in their upgrade requests
}

// nameField is the header field in which an upgrade request has the name of its connection. The application does not see it.
const nameField = "Linger-Test-Connection"

// serve serves an application. If that fails, it is shut down.
func serve(app *worker.App) (*served, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		shutdown(app)
		return nil, fmt.Errorf("the application cannot be served: %w", err)
	}
	relay, err := startRelay(listener.Addr().String())
	if err != nil {
		shutdown(app)
		return nil, errors.Join(fmt.Errorf("the application cannot be served: %w", err), listener.Close())
	}
	s := &served{
		app: app, relay: relay, addresses: map[string]string{},
		url: "http://" + relay.listener.Addr().String(), control: "/__linger_test/" + rand.Text() + "/",
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+s.control+"reload", s.reload)
	mux.HandleFunc("POST "+s.control+"scheduled", s.scheduled)
	mux.HandleFunc("POST "+s.control+"abort", s.abort)
	s.server = websocket.NewHTTPServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h, pattern := mux.Handler(r); pattern != "" {
			h.ServeHTTP(w, r)
			return
		}
		s.record(r)
		app.ServeHTTP(w, r)
	}))
	go func() { _ = websocket.Serve(s.server, listener) }() // until stop
	return s, nil
}

// stop ends the server and the application.
func (s *served) stop() {
	shutdown(s.app)
	_ = s.server.Close()
	s.relay.stop()
}

// record records the connection of an upgrade request that has a name.
func (s *served) record(r *http.Request) {
	name := r.Header.Get(nameField)
	if name == "" {
		return
	}
	r.Header.Del(nameField)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addresses[name] = r.RemoteAddr
}

// abort ends a connection without a Close.
func (s *served) abort(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	address := s.addresses[r.FormValue("connection")]
	s.mu.Unlock()
	answer(w, s.relay.abort(address))
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
