package upgrade

import (
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"
)

// TestUpgradesOfObjects replaces the binary while a Durable Object with storage has connections with traffic. Only one process can have
// the storage. What the object stores, what is attached to its sockets and what the clients were answered agree after each upgrade.
func TestUpgradesOfObjects(t *testing.T) {
	upgrades := 6
	if testing.Short() {
		upgrades = 2
	}
	s := startApp(t, "testdata/objects", "--compression", "--isolation=none", "--sleep-after=1s")
	broken := buildBroken(t, faults(36))
	c := gather(t, s, 36, 40*time.Millisecond, plain, octets, fragmented, torn, compressed, mixed, publishing)
	c.start()
	for i := range upgrades {
		time.Sleep(rand.N(300 * time.Millisecond))
		if i%3 == 1 {
			s.failUpgrade(broken+"/crash-take", "exited") // the storage comes back
		}
		s.upgrade("")
	}
	c.finish()
	c.check()
	c.checkStored()
	c.leave()
	s.expectOneProcess()
	s.expectCleanLog()
}

// checkStored compares what the object has stored with what the visitors were answered.
func (c *crowd) checkStored() {
	c.t.Helper()
	response, err := c.s.client.Get("http://" + c.s.address + "/")
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		c.t.Fatalf("the room is asked what it has stored: %d, %s, %v", response.StatusCode, text, err)
	}
	stored := map[string]int{}
	if err := json.Unmarshal(text, &stored); err != nil {
		c.t.Fatal(err)
	}
	for _, v := range c.visitors {
		if got := stored["handled "+v.name]; got != v.ledger.answered {
			c.t.Errorf("the room has stored %d messages of visitor %s (%v), expected %d", got, v.name, v.habit, v.ledger.answered)
		}
	}
}
