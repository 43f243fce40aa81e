package worker_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/memcluster"
)

// markScript is an application whose object prints and stores the number of each call that it handles.
var markScript = rpcScript(`
	async mark(n, ms) {
		console.log("marked " + n + ".");
		this.ctx.storage.put("n" + String(n).padStart(6, "0"), n);
		if (ms) await new Promise((done) => setTimeout(done, ms));
		return n;
	}
	async list() { return [...(await this.ctx.storage.list()).values()]; }
`, `
	list: (_, env, ctx, request) => env.ROOM.getByName("room " + new URL(request.url).search.slice(1)).list(),
	mark: async (room, env, ctx, request) => {
		const [n, key, ms] = new URL(request.url).search.slice(1).split("&").map(Number);
		return env.ROOM.getByName("room " + key).mark(n, ms);
	},
`)

// marks returns how often the applications have handled each call.
func marks(nodes []*nodeApp) map[int]int {
	handled := map[int]int{}
	for _, n := range nodes {
		for _, found := range regexp.MustCompile(`marked (\d+)\.`).FindAllStringSubmatch(n.stdout.String(), -1) {
			number, _ := strconv.Atoi(found[1])
			handled[number]++
		}
	}
	return handled
}

// TestClusterModel sends numbered calls from all nodes while links and connections to the store break and are restored, by a random schedule. Each call
// is handled once at most, and is stored if it was answered; and after the last failure all calls are answered.
func TestClusterModel(t *testing.T) {
	for seed := range uint64(modelSeeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			bubble(t, func(t *testing.T) { runModel(t, rand.New(rand.NewPCG(seed, 18))) })
		})
	}
}

// modelSeeds is the number of schedules of TestClusterModel.
const modelSeeds = 3

func runModel(t *testing.T, random *rand.Rand) {
	t.Helper()
	opts := rpcOptions(1)
	opts.EventTimeout = testTimeout / 3
	c, nodes := serveNodes(t, markScript, opts)
	var calls sync.WaitGroup
	answered := make([]string, 0, 400)
	var mu sync.Mutex
	call := func(n *nodeApp, key, ms int) {
		mu.Lock()
		number := len(answered)
		answered = append(answered, "")
		mu.Unlock()
		calls.Go(func() {
			got := n.do(http.MethodGet, fmt.Sprintf("/mark?%d&%d&%d", number, key, ms), "")
			mu.Lock()
			defer mu.Unlock()
			answered[number] = strings.TrimSpace(got.body)
		})
	}
	for range 60 {
		disturb(c, random)
		for range random.IntN(4) {
			call(nodes[random.IntN(3)], random.IntN(4), random.IntN(2)*random.IntN(3000))
		}
		time.Sleep(time.Duration(random.IntN(2000)) * time.Millisecond)
	}
	c.Heal()
	for _, name := range []string{"a", "b", "c"} {
		c.CutStore(name, false)
	}
	time.Sleep(time.Minute)
	first := len(answered)
	for i := range 12 {
		call(nodes[i%3], i%4, 0)
	}
	calls.Wait()
	handled, stored, failures := marks(nodes), map[int]bool{}, 0
	for key := range 4 {
		var numbers []int
		got := nodes[key%3].do(http.MethodGet, fmt.Sprintf("/list?%d", key), "")
		if err := json.Unmarshal([]byte(got.body), &numbers); err != nil {
			t.Errorf("an object lists what it has stored; got %s", got.body)
		}
		for _, number := range numbers {
			stored[number] = true
		}
	}
	for number, answer := range answered {
		ok := answer == strconv.Itoa(number)
		switch {
		case handled[number] > 1:
			t.Errorf("call %d is handled once at most; it was %d times", number, handled[number])
		case ok && (handled[number] == 0 || !stored[number]):
			t.Errorf("call %d was answered, so it was handled and stored; it was handled %d times, stored: %t", number, handled[number], stored[number])
		case !ok && number >= first:
			t.Errorf("after the failures call %d is answered; got %s", number, answer)
		case !ok:
			failures++
		}
	}
	t.Logf("%d calls, %d have failed", len(answered), failures)
}

// TestClusterPlannedMove checks that no caller gets an error when a node is shut down.
func TestClusterPlannedMove(t *testing.T) {
	bubble(t, func(t *testing.T) {
		_, nodes := serveNodes(t, markScript, rpcOptions(1))
		var calls sync.WaitGroup
		const count = 300
		for i := range count {
			if i == count/3 {
				calls.Go(func() { _ = nodes[2].Shutdown(t.Context()) })
			}
			calls.Go(func() {
				nodes[i%2].get(fmt.Sprintf("/mark?%d&%d&%d", i, i%8, i%3*100), http.StatusOK, strconv.Itoa(i))
			})
			time.Sleep(10 * time.Millisecond)
		}
		calls.Wait()
		for number, times := range marks(nodes) {
			if times != 1 {
				t.Errorf("call %d is handled once; it was %d times", number, times)
			}
		}
		if n := strings.Count(nodes[2].stdout.String(), "marked"); n == 0 || n == count {
			t.Errorf("the node that is shut down has handled some of the calls; it was %d", n)
		}
	})
}

// disturb cuts a link or a connection to the store, or restores them.
func disturb(c *memcluster.Cluster, random *rand.Rand) {
	name := func() string { return []string{"a", "b", "c"}[random.IntN(3)] }
	switch random.IntN(10) {
	case 0, 1:
		if from, to := name(), name(); from != to {
			c.Cut(from, to)
		}
	case 2:
		c.CutStore(name(), true)
	case 3:
		c.CutStore(name(), false)
	case 4, 5:
		c.Heal()
	}
}
