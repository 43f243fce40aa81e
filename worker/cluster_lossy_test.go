package worker_test

import (
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/internal/wire"
	"github.com/lingerws/linger/worker"
)

// lossyNode is a node that loses the records which lose selects by their kinds.
type lossyNode struct {
	linger.Cluster
	lose atomic.Pointer[func(kind uint64) bool]
}

// Send implements [linger.Cluster].
func (n *lossyNode) Send(node, service string, record []byte) error {
	r := wire.NewReader(record)
	r.Next()
	if lose := n.lose.Load(); lose != nil && (*lose)(r.Uint()) {
		return nil
	}
	return n.Cluster.Send(node, service, record)
}

var _ linger.Cluster = (*lossyNode)(nil)

// loseOne makes the node lose the next record of a kind.
func (n *lossyNode) loseOne(kind uint64) {
	var once sync.Once
	lose := func(k uint64) (lost bool) {
		if k == kind {
			once.Do(func() { lost = true })
		}
		return lost
	}
	n.lose.Store(&lose)
}

// The kinds of the records that the tests lose.
const (
	callRecord   = 1
	resultRecord = 4
	chunkRecord  = 9
	creditRecord = 10
)

// TestClusterLostRecord checks that the loss of any record ends what has waited for it.
func TestClusterLostRecord(t *testing.T) {
	serve := func(t *testing.T) (r *room, owner, caller *lossyNode) {
		t.Helper()
		r = &room{Cluster: memcluster.New()}
		lossy := map[string]*lossyNode{}
		for _, name := range []string{"a", "b"} {
			member := r.Join(name)
			node := &lossyNode{Cluster: member}
			lossy[name] = node
			t.Cleanup(member.Leave)
			opts := rpcOptions(1)
			opts.Server.Cluster, opts.Vars = node, map[string]any{"NODE": name}
			opts.Shared = &worker.Shared{Store: member.Store(), Log: member.Store()}
			r.nodes = append(r.nodes, &nodeApp{serveInMemory(t, rpcScript(roomOnOtherNode, casesOnOtherNode), opts), member})
		}
		r.find()
		return r, lossy[r.owner.node.Node()], lossy[r.caller.node.Node()]
	}
	const lost = `Error: Network connection lost: the node that has the Durable Object does not answer, and may have handled the call`
	for _, row := range []struct {
		name, path string
		of         string
		kind       uint64
		want       string
	}{
		{"a call", "add", "caller", callRecord, lost},
		{"a result", "add", "owner", resultRecord, lost},
		{"a part of a stream", "reads", "owner", chunkRecord, "TypeError: a part of the body was lost on its way from the other node"},
		{"a grant", "reads", "caller", creditRecord, "800000"},
		{"a part of long arguments", "large", "caller", chunkRecord, lost},
	} {
		t.Run(row.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				r, owner, caller := serve(t)
				r.caller.get("/node", 200, `"`+r.owner.node.Node()+`"`)
				at := owner
				if row.of == "caller" {
					at = caller
				}
				began := time.Now()
				at.loseOne(row.kind)
				if got := strings.TrimSpace(r.caller.do(http.MethodGet, "/"+row.path, "").body); got != row.want {
					t.Errorf("the answer is %s; got %s", row.want, got)
				}
				if took := time.Since(began); took > 20*time.Second {
					t.Errorf("the loss is found within 20 s; it took %s", took)
				}
				r.caller.get("/target", 200, "[1,4,4]")
			})
		})
	}
}
