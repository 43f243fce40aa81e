package worker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/memcluster"
)

// alarmRoom logs its alarms.
const alarmRoom = `
	async alarm() { console.log("alarm of", this.ctx.id.name); }
	async set(time) { await this.ctx.storage.setAlarm(Number(time)); }
	async unset() { await this.ctx.storage.deleteAlarm(); }`

// The alarm of an object is delivered by one node at its time, also if the node on which it was set has ended, and if its object was released.
func TestClusterAlarm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		then func(c *memcluster.Cluster, nodes []*nodeApp)
	}{
		{"nothing happens", func(*memcluster.Cluster, []*nodeApp) {}},
		{"a node crashes", func(c *memcluster.Cluster, nodes []*nodeApp) {
			c.CutStore("c", true) // which owns most of them
			nodes[2].node.Leave()
		}},
		{"a node is shut down", func(_ *memcluster.Cluster, nodes []*nodeApp) {
			_ = nodes[2].Shutdown(context.Background())
			nodes[2].node.Leave()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			embeddedOnly(t, fakeTime)
			bubble(t, func(t *testing.T) {
				cluster, nodes := serveNodes(t, roomOf(alarmRoom), storageOptions(""))
				const rooms = 6
				for i := range rooms {
					nodes[i%3].get(fmt.Sprintf("/r%d/set/%s", i, after(10*time.Minute)), 200, "null")
				}
				nodes[0].get("/gone/set/"+after(10*time.Minute), 200, "null")
				nodes[1].get("/gone/unset", 200, "null")
				time.Sleep(10 * time.Second)
				if n := len(cluster.Entries("alarm/")); n != rooms {
					t.Errorf("the store has %d entries of alarms, expected %d", n, rooms)
				}
				c.then(cluster, nodes)
				time.Sleep(9 * time.Minute) // the objects are evicted and released
				expectAlarms(t, nodes, rooms, 0)
				time.Sleep(2 * time.Minute)
				expectAlarms(t, nodes, rooms, 1)
				if left := cluster.Entries("alarm/"); len(left) != 0 {
					t.Errorf("the store has %d entries of alarms after all were delivered, expected none", len(left))
				}
			})
		})
	}
}

// expectAlarms checks how often each room has got an alarm.
func expectAlarms(t *testing.T, nodes []*nodeApp, rooms, times int) {
	t.Helper()
	var all strings.Builder
	for _, node := range nodes {
		all.WriteString(node.stdout.String())
	}
	for i := range rooms {
		if n := strings.Count(all.String(), fmt.Sprintf("alarm of r%d\n", i)); n != times {
			t.Errorf("the alarm of room %d was delivered %d times, expected %d", i, n, times)
		}
	}
	if strings.Contains(all.String(), "gone") {
		t.Error("an alarm that was deleted was delivered")
	}
}
