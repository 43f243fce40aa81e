package worker_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/internal/memcluster"
)

// A node that is shut down or drained gives its objects to other nodes. No call fails meanwhile, and none is lost or done twice.
func TestClusterLeave(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		leave func(node *nodeApp) error
	}{
		{"shutdown", func(node *nodeApp) error { return node.Shutdown(context.Background()) }},
		{"drain", func(node *nodeApp) error {
			err := node.Server().Drain(context.Background(), linger.DrainOptions{})
			time.Sleep(10 * time.Second)
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			embeddedOnly(t, fakeTime)
			bubble(t, func(t *testing.T) {
				cluster, nodes := serveNodes(t, roomOf(`
					async add() { const n = ((await this.ctx.storage.get("n")) ?? 0) + 1; await this.ctx.storage.put("n", n); return n; }`), storageOptions(""))
				const rooms, rounds = 6, 40
				left := make(chan error, 1)
				for n := range rounds {
					if n == rounds/4 {
						if !strings.Contains(ownersOf(cluster), "\nc") {
							t.Error("node c owns no object before it leaves")
						}
						go func() { left <- c.leave(nodes[2]) }()
					}
					for i := range rooms {
						if got := nodes[i%2].do(http.MethodGet, fmt.Sprintf("/r%d/add", i), ""); got.body != fmt.Sprint(n+1) {
							t.Errorf("call %d of room %d is answered with %s %q", n+1, i, got.Status, got.body)
						}
					}
					time.Sleep(time.Second)
				}
				if err := <-left; err != nil {
					t.Errorf("the node leaves with error %v", err)
				}
				if owners := ownersOf(cluster); strings.Contains(owners, "\nc") {
					t.Errorf("objects belong to a node that has left: %q", owners)
				}
			})
		})
	}
}

// ownersOf returns the nodes that own objects, in the order of their keys.
func ownersOf(c *memcluster.Cluster) string {
	var owners strings.Builder
	for _, e := range c.Entries("object/") {
		owners.WriteString("\n" + string(e.Value[2:3]))
	}
	return owners.String()
}
