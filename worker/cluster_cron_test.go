package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/memcluster"
	"github.com/lingerws/linger/worker"
)

// Each time of a schedule is dispatched by one node, as long as one can reach the store.
func TestClusterCron(t *testing.T) {
	embeddedOnly(t, fakeTime)
	bubble(t, func(t *testing.T) {
		c := memcluster.New()
		var nodes []*testApp
		for _, name := range []string{"a", "b", "c"} {
			node := c.Join(name)
			t.Cleanup(node.Leave)
			opts := worker.Options{Crons: []string{"* * * * *"}, Vars: map[string]any{"NAME": name}, Shared: &worker.Shared{Store: node.Store(), Log: node.Store()}}
			opts.Server.Cluster = node
			nodes = append(nodes, serveInMemory(t, scheduledScript, opts))
		}
		time.Sleep(3*time.Minute + time.Second)
		c.CutStore("a", true)
		time.Sleep(3 * time.Minute)
		c.CutStore("b", true)
		time.Sleep(3 * time.Minute)
		var all strings.Builder
		for _, node := range nodes {
			all.WriteString(node.stdout.String())
		}
		for minute := 1; minute <= 9; minute++ {
			at := fmt.Sprintf("2000-01-01T00:%02d:00.000Z", minute)
			if got := strings.Count(all.String(), at); got != 1 {
				t.Errorf("the event of %s is dispatched %d times over all nodes, expected once; the events are\n%s", at, got, all.String())
			}
		}
	})
}
