package cluster

import (
	"context"
	"encoding/json"
	"time"

	"github.com/nats-io/nats.go"
)

// observeInterval is the time between two looks at the storage and the connection.
const observeInterval = 2 * time.Second

// observe keeps the state of the storage and of the connection for Status, until the node ends. With an embedded server that stores, it also makes
// the streams as soon as there is a majority.
func (s *storage) observe() {
	n := s.node
	if n.server != nil && n.opts.Dir != "" {
		s.follow(func() { _ = s.ready(s.context) }) // its error is that the node has ended
	}
	ticker := time.NewTicker(observeInterval)
	defer ticker.Stop()
	for {
		n.records.call(func(c *nats.Conn) { n.measure(c) })
		if s.open.Load() {
			s.look()
		}
		select {
		case <-ticker.C:
		case <-n.ended:
			return
		}
	}
}

// measure records the time of a round trip to the server. It blocks, so it runs on a separate goroutine.
func (n *Node) measure(c *nats.Conn) {
	if !c.IsConnected() || !n.measuring.CompareAndSwap(false, true) {
		return
	}
	go func() {
		defer n.measuring.Store(false)
		if rtt, err := c.RTT(); err == nil {
			n.rtt.Store(int64(rtt))
		}
	}()
}

// look asks for the state of the stream of the store.
func (s *storage) look() {
	ctx, cancel := context.WithTimeout(s.context, observeInterval)
	defer cancel()
	status := StorageStatus{Replicas: s.node.opts.Replicas}
	m, err := s.wait(ctx, nats.Msg{Subject: "$JS.API.STREAM.INFO." + s.node.subjects.bucketStream()})
	if err == nil {
		err = status.parse(m.Data)
	}
	last := s.state.Swap(&status)
	if changed := last == nil || last.Ready != status.Ready || last.Leader != status.Leader; changed && s.context.Err() == nil {
		s.node.logger.Info("the storage of the cluster has changed", "ready", status.Ready, "leader", status.Leader, "servers", status.Servers, "error", err)
	}
}

// parse takes the state from the information about a stream.
func (s *StorageStatus) parse(information []byte) error {
	var a struct {
		Config struct {
			Replicas int `json:"num_replicas"`
		} `json:"config"`
		Cluster struct {
			Leader   string `json:"leader"`
			Replicas []struct {
				Current bool `json:"current"`
				Offline bool `json:"offline"`
			} `json:"replicas"`
		} `json:"cluster"`
		Error *apiError `json:"error"`
	}
	if err := json.Unmarshal(information, &a); err != nil {
		return err
	}
	if err := a.Error.err(); err != nil {
		return err
	}
	s.Leader, s.Replicas, s.Servers = a.Cluster.Leader, a.Config.Replicas, 1
	for _, r := range a.Cluster.Replicas {
		if r.Current && !r.Offline {
			s.Servers++
		}
	}
	s.Ready = s.Replicas == 1 || s.Leader != ""
	return nil
}

// status returns what observe has seen last.
func (s *storage) status() StorageStatus {
	status := StorageStatus{Replicas: s.node.opts.Replicas}
	if seen := s.state.Load(); seen != nil {
		status = *seen
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status.Requests = len(s.byNumber)
	return status
}
