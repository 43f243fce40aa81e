package linger

import "sync"

// services has the functions that end what a server provides to the other nodes, until the server ends.
type services struct {
	mu    sync.Mutex
	stops []func()
	ended bool
}

// start provides a service to the other nodes.
func (s *Server) startService(name string, serve func(from string, record []byte, respond func([]byte))) {
	stop, err := s.cluster.Serve(name, serve)
	if err != nil {
		s.options().Logger.Error("other nodes cannot use a service of this server; a Cluster is for one server", "service", name, "error", err)
		return
	}
	s.services.add(stop)
}

// add calls stop at the end of the server: at once if it has ended.
func (v *services) add(stop func()) {
	v.mu.Lock()
	ended := v.ended
	if !ended {
		v.stops = append(v.stops, stop)
	}
	v.mu.Unlock()
	if ended {
		stop()
	}
}

// stop ends what the server provides to the other nodes.
func (v *services) stop() {
	v.mu.Lock()
	stops := v.stops
	v.stops, v.ended = nil, true
	v.mu.Unlock()
	for _, stop := range stops {
		stop()
	}
}
