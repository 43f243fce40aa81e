package worker_test

import (
	"fmt"
	"strconv"
	"testing"

	"github.com/lingerws/linger/worker"
)

// counting answers each message with its number, some after a delay.
const counting = `
	let count = 0;
	addEventListener("websocketupgrade", (event) => { event.accept(); });
	addEventListener("websocketmessage", ({ source, data }) => {
		const answer = () => source.send(data + " " + ++count);
		if (data === "later") return new Promise((done) => setTimeout(() => { answer(); done(); }, 5));
		if (data === "throw") { answer(); throw new Error("thrown"); }
		answer();
	});`

func TestMessageEventsKeepTheirOrderInABurst(t *testing.T) {
	t.Parallel()
	a := serve(t, counting, worker.Options{})
	c := a.connect()
	const rounds = 100
	for range rounds {
		c.send("a", "later", "b", "throw", "c")
	}
	n := 0
	for range rounds {
		for _, data := range []string{"a", "later", "b", "throw", "c"} {
			n++
			c.want(fmt.Sprint(data, " ", n))
		}
	}
	for _, w := range a.Workers() {
		if w.Events < 5*rounds {
			t.Errorf("each message is counted; got %d of %d", w.Events, 5*rounds)
		}
	}
}

func TestAppReloadDuringABurst(t *testing.T) {
	t.Parallel()
	version := func(n int) string {
		return fmt.Sprintf(`
			addEventListener("websocketupgrade", (event) => { event.accept(); });
			addEventListener("websocketmessage", ({ source, data }) => source.send(data + " %d"));`, n)
	}
	a := serve(t, version(0), worker.Options{})
	c := a.connect()
	const many = 2000
	go func() {
		for i := range many {
			c.send(strconv.Itoa(i))
		}
	}()
	last := 0
	for i := range many {
		if i%500 == 100 {
			a.reload(version(i))
		}
		got, err := c.next()
		var message, by int
		if _, _ = fmt.Sscan(got, &message, &by); err != nil || message != i || by < last {
			t.Fatalf("each message is handled once, in order, and never by an older version than the message before; got %q %v after version %d", got, err, last)
		}
		last = by
	}
}
