package admin

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/wire"
)

// ClusterStatus describes the cluster of the server: GET /v1/cluster.
type ClusterStatus struct {
	Node  string        `json:"node"`  // the name of this server
	Nodes []ClusterNode `json:"nodes"` // by name; this server only if it is not a node of a cluster
	Link  *ClusterLink  `json:"link"`  // null if the server is not a node of a cluster
}

// ClusterNode is a node of the cluster that is connected.
type ClusterNode struct {
	Node        string  `json:"node"`
	Answered    bool    `json:"answered"` // false if the node has not answered in time: the fields below are empty
	Version     string  `json:"version"`  // of Linger
	Connections int     `json:"connections"`
	Objects     int     `json:"objects"`   // Durable Objects in its memory
	RoundTrip   float64 `json:"roundTrip"` // of the question, in seconds; 0 for this server
}

// ClusterLink is the state of what connects this server with the other nodes.
type ClusterLink struct {
	Cluster   string         `json:"cluster"` // its name
	Connected bool           `json:"connected"`
	Server    string         `json:"server"`  // the NATS server that this one is connected to
	Refused   int            `json:"refused"` // what that server has refused since the connection was made, such as subscriptions; 0 if all is well
	Pending   int64          `json:"pending"` // bytes that wait to be sent
	Sent      ClusterTraffic `json:"sent"`
	Received  ClusterTraffic `json:"received"`
	Drops     []ClusterDrop  `json:"drops"`   // what was dropped since the start, by the reason
	Storage   ClusterStorage `json:"storage"` // of the owners and the logs of Durable Objects
	Objects   ClusterObjects `json:"objects"` // what was sent for Durable Objects
}

// ClusterTraffic counts records and their bytes since the start.
type ClusterTraffic struct {
	Records uint64 `json:"records"`
	Bytes   uint64 `json:"bytes"`
}

// ClusterDrop counts the records that were dropped for one reason.
type ClusterDrop struct {
	Reason string `json:"reason"`
	Count  uint64 `json:"count"`
}

// ClusterStorage is the state of what the nodes store together.
type ClusterStorage struct {
	Ready    bool   `json:"ready"`
	Leader   string `json:"leader"`   // the NATS server that orders the changes; "" if there is none
	Replicas int    `json:"replicas"` // the number of copies
}

// ClusterObjects counts, since the start, the calls and requests between this server and others for Durable Objects.
type ClusterObjects struct {
	Sent          uint64            `json:"sent"`
	Received      uint64            `json:"received"`
	Moved         uint64            `json:"moved"`         // were sent again, because the other node did not have the object any more
	Failed        uint64            `json:"failed"`        // have no answer
	Dropped       uint64            `json:"dropped"`       // records of other nodes that cannot be read, or are late
	AlarmsDropped uint64            `json:"alarmsDropped"` // alarms that were not stored in the cluster: they are late if the server ends
	WebSockets    ClusterWebSockets `json:"webSockets"`
}

// ClusterWebSockets describes the WebSockets of Durable Objects whose connection and object are on different nodes, this server being one of them.
type ClusterWebSockets struct {
	Connections int    `json:"connections"` // those whose connection is here
	Objects     int    `json:"objects"`     // those whose object is here
	Sent        uint64 `json:"sent"`        // events, since the start, as all below
	Received    uint64 `json:"received"`
	Interrupted uint64 `json:"interrupted"` // events that another node had begun when it was lost
	Moved       uint64 `json:"moved"`       // how often a connection was attached to another owner of its object
	Unplaced    uint64 `json:"unplaced"`    // connections that were closed because no node had the object in time
	Slow        uint64 `json:"slow"`        // connections that were closed because they read too slowly
	LostStreams uint64 `json:"lostStreams"` // streams to other nodes that have ended
	Dropped     uint64 `json:"dropped"`     // records of other nodes that cannot be read
}

const (
	// statusService is the service with which nodes ask each other for their state.
	statusService = "status"

	// statusTimeout bounds the wait for the answers of other nodes.
	statusTimeout = 2 * time.Second

	// maxAsked bounds the number of nodes that are asked at a time, and that of the questions that are answered at a time; others are not answered.
	maxAsked = 16
)

// The kind of a question, and of its answer, is field 1 of the record. The other fields are those of the answer.
const (
	kindStatus = 1

	fieldKind        = 1
	fieldVersion     = 2
	fieldConnections = 3
	fieldObjects     = 4

	maxVersion = 64 // bytes
)

// serveStatus begins to answer the questions of other nodes, until stop is called.
func (h *Handler) serveStatus() (stop func()) {
	free := make(chan struct{}, maxAsked)
	stop, err := h.opts.Server.Cluster().Serve(statusService, func(from string, record []byte, respond func([]byte)) {
		if recordKind(record) != kindStatus {
			h.opts.Logger.Warn("a node has asked for a state that this version does not have", "node", from)
			respond(nil)
			return
		}
		select {
		case free <- struct{}{}:
			go func() { // workers are asked, which takes locks
				respond(appendStatus(nil, h.ownNode()))
				<-free
			}()
		default: // the node reports that this one has not answered
		}
	})
	if err != nil {
		h.opts.Logger.Error("other nodes cannot ask for the state of this one", "error", err)
		return func() {}
	}
	return stop
}

// recordKind returns the kind of a record, 0 if it has none.
func recordKind(record []byte) uint64 {
	r := wire.NewReader(record)
	if field, ok := r.Next(); ok && field == fieldKind {
		return r.Uint()
	}
	return 0
}

// ownNode returns this server as a node.
func (h *Handler) ownNode() ClusterNode {
	n := ClusterNode{Node: h.opts.Server.Node(), Answered: true, Version: h.opts.Version, Connections: h.opts.Server.Count()}
	for _, w := range h.workers() {
		n.Objects += w.Objects
	}
	return n
}

// appendStatus appends the record of a node.
func appendStatus(b []byte, n ClusterNode) []byte {
	b = wire.AppendUint(b, fieldKind, kindStatus)
	b = wire.AppendString(b, fieldVersion, n.Version[:min(len(n.Version), maxVersion)])
	b = wire.AppendUint(b, fieldConnections, uint64(n.Connections)) //nolint:gosec // not negative
	return wire.AppendUint(b, fieldObjects, uint64(n.Objects))      //nolint:gosec // not negative
}

var errBadStatus = errors.New("admin: the answer of a node is not a state of this version of Linger or a later one")

// parseStatus parses the record of the node with a name.
func parseStatus(node string, record []byte) (ClusterNode, error) {
	n := ClusterNode{Node: node, Answered: true}
	kind := uint64(0)
	r := wire.NewReader(record)
	for field, ok := r.Next(); ok; field, ok = r.Next() {
		switch field {
		case fieldKind:
			kind = r.Uint()
		case fieldVersion:
			n.Version = r.String()
		case fieldConnections:
			n.Connections = boundedInt(r.Uint())
		case fieldObjects:
			n.Objects = boundedInt(r.Uint())
		}
	}
	if r.Err() != nil || kind != kindStatus || len(n.Version) > maxVersion {
		return ClusterNode{Node: node}, errBadStatus
	}
	return n, nil
}

// boundedInt converts a number of another node, which may be wrong.
func boundedInt(n uint64) int { return int(min(n, 1<<31-1)) } //nolint:gosec // bounded

// getCluster returns the state of the cluster.
func (h *Handler) getCluster(r *http.Request) (any, error) {
	s := ClusterStatus{Node: h.opts.Server.Node()}
	if h.opts.ClusterLink != nil {
		link := h.opts.ClusterLink()
		s.Link = &link
	}
	ctx, cancel := context.WithTimeout(r.Context(), statusTimeout)
	defer cancel()
	s.Nodes = h.askNodes(ctx, h.opts.Server.Cluster())
	return s, nil
}

// askNodes returns the nodes that are connected, with the answers of those that answer before the end of ctx.
func (h *Handler) askNodes(ctx context.Context, cluster linger.Cluster) []ClusterNode {
	names := cluster.Nodes()
	nodes := make([]ClusterNode, len(names))
	free := make(chan struct{}, maxAsked)
	var asked sync.WaitGroup
	for i, name := range names {
		if name == cluster.Node() {
			nodes[i] = h.ownNode()
			continue
		}
		free <- struct{}{}
		asked.Go(func() {
			nodes[i] = h.askNode(ctx, cluster, name)
			<-free
		})
	}
	asked.Wait()
	return nodes
}

// askNode asks one node.
func (h *Handler) askNode(ctx context.Context, cluster linger.Cluster, name string) ClusterNode {
	began := time.Now()
	response, err := cluster.Call(ctx, name, statusService, wire.AppendUint(nil, fieldKind, kindStatus))
	if err != nil {
		return ClusterNode{Node: name}
	}
	node, err := parseStatus(name, response)
	if err != nil {
		h.opts.Logger.Warn("the state of a node is not known", "node", name, "error", err)
		return node
	}
	node.RoundTrip = time.Since(began).Seconds()
	return node
}
