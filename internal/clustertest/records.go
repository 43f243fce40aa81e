package clustertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/lingerws/linger"
)

// patience bounds the wait for what happens soon.
const patience = 20 * time.Second

// Records tests two nodes of a cluster, named a and b, which are connected.
func Records(t *testing.T, a, b linger.Cluster) {
	t.Run("Nodes", func(t *testing.T) {
		if got := a.Nodes(); a.Node() != "a" || !slices.Contains(got, "a") || !slices.Contains(got, "b") || !slices.IsSorted(got) {
			t.Errorf("node %s has the nodes %q, expected a and b in order", a.Node(), got)
		}
	})
	t.Run("Publish", func(t *testing.T) { testPublish(t, a, b) })
	t.Run("Topics", func(t *testing.T) { testTopics(t, a, b) })
	t.Run("Send", func(t *testing.T) { testSend(t, a, b) })
	t.Run("Call", func(t *testing.T) { testCall(t, a, b) })
	t.Run("Unreachable", func(t *testing.T) { testUnreachable(t, a) })
}

// testPublish publishes numbered records, which arrive once and in order.
func testPublish(t *testing.T, a, b linger.Cluster) {
	const topic, count = "channel/news ü.*> \xff", 2000
	arrived := make(chan string, count*2)
	stop := subscribe(t, b, topic, func(from string, record []byte) { arrived <- from + " " + string(record) })
	defer stop()
	stopOwn := subscribe(t, a, topic, func(from string, record []byte) { t.Errorf("node a got its own record %q from %s", record, from) })
	defer stopOwn()
	until(t, "a subscription has reached the other node", func() bool {
		check(t, a.Publish(topic, []byte("begin")))
		select {
		case <-arrived:
			return true
		case <-time.After(10 * time.Millisecond):
			return false
		}
	})
	for i := range count {
		check(t, a.Publish(topic, fmt.Appendf(nil, "%d", i)))
	}
	for i := 0; i < count; {
		if got := receive(t, arrived); got == fmt.Sprint("a ", i) {
			i++
		} else if got != "a begin" {
			t.Fatalf("a record arrived as %q, expected number %d", got, i)
		}
	}
	stop()
	check(t, a.Publish(topic, []byte("after the end")))
	if err := a.Publish(topic, make([]byte, 256<<20)); !errors.Is(err, linger.ErrRecordSize) && err != nil {
		t.Errorf("a record that is too large is refused with %v, expected ErrRecordSize", err)
	}
}

// testTopics has two subscriptions to one topic, and one to another.
func testTopics(t *testing.T, a, b linger.Cluster) {
	first, second, other := make(chan string, 100), make(chan string, 100), make(chan string, 100)
	add := func(c chan string) func(string, []byte) { return func(_ string, record []byte) { c <- string(record) } }
	stopFirst := subscribe(t, b, "t", add(first))
	defer stopFirst()
	defer subscribe(t, b, "t", add(second))()
	defer subscribe(t, b, "T", add(other))()
	until(t, "subscriptions have reached the other node", func() bool {
		check(t, a.Publish("t", []byte("x")))
		time.Sleep(10 * time.Millisecond)
		return len(first) > 0 && len(second) > 0
	})
	stopFirst()
	stopFirst() // has no effect
	for range len(first) {
		<-first
	}
	check(t, a.Publish("t", []byte("y")))
	for receive(t, second) != "y" {
	}
	for len(first) > 0 {
		if got := <-first; got == "y" {
			t.Error("a subscription that was stopped got another record")
		}
	}
	if len(other) > 0 {
		t.Errorf("topic T got the record %q of topic t", <-other)
	}
}

// testSend sends numbered records of several sizes to a service.
func testSend(t *testing.T, a, b linger.Cluster) {
	const count = 500
	arrived := make(chan []byte, count)
	stop := serve(t, b, "numbers", func(from string, record []byte, respond func([]byte)) {
		respond([]byte("nothing waits for this"))
		if from != "a" {
			t.Errorf("a record comes from %s, expected a", from)
		}
		arrived <- record
	})
	defer stop()
	if _, err := b.Serve("numbers", func(string, []byte, func([]byte)) {}); err == nil {
		t.Error("a service has two functions, expected an error")
	}
	ready(t, a, "numbers", arrived)
	record := func(i int) []byte { return bytes.Repeat(fmt.Appendf(nil, "%6d", i), 1+i*i%1000*(i%7)) }
	for i := range count {
		check(t, a.Send("b", "numbers", record(i)))
	}
	large := bytes.Repeat([]byte("0123456789abcdef"), 200<<10) // 3.2 MB, in parts
	check(t, a.Send("b", "numbers", large))
	for i := range count {
		if got := receive(t, arrived); !bytes.Equal(got, record(i)) {
			t.Fatalf("record %d arrived with %d bytes, %.20q, expected %d bytes, %.20q", i, len(got), got, len(record(i)), record(i))
		}
	}
	if got := receive(t, arrived); !bytes.Equal(got, large) {
		t.Errorf("a large record arrived with %d bytes, expected %d, all the same", len(got), len(large))
	}
}

// testCall makes calls whose responses come in another order.
func testCall(t *testing.T, a, b linger.Cluster) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	defer serve(t, b, "echo", func(from string, record []byte, respond func([]byte)) {
		go func() {
			respond(append([]byte(from+" "), record...))
			respond([]byte("a second response has no effect"))
		}()
	})()
	defer serve(t, b, "silence", func(string, []byte, func([]byte)) {})()
	until(t, "the service is reachable", func() bool {
		_, err := a.Call(ctx, "b", "echo", nil)
		return err == nil
	})
	answers := make(chan error, 100)
	for i := range 100 {
		go func() {
			record := bytes.Repeat(fmt.Appendf(nil, "%5d", i), 1+(i%10)*2000)
			got, err := a.Call(ctx, "b", "echo", record)
			if err == nil && string(got) != "a "+string(record) {
				err = fmt.Errorf("the response %d has %d bytes, %.20q, expected %d", i, len(got), got, len(record)+2)
			}
			answers <- err
		}()
	}
	for range 100 {
		check(t, <-answers)
	}
	short, cancelShort := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancelShort()
	if _, err := a.Call(short, "b", "silence", nil); !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, linger.ErrUnreachable) {
		t.Errorf("a call without a response ends with %v, expected the error of its context", err)
	}
}

func testUnreachable(t *testing.T, a linger.Cluster) {
	for _, node := range []string{"none", "a"} {
		if err := a.Send(node, "echo", nil); !errors.Is(err, linger.ErrUnreachable) {
			t.Errorf("a record to node %s ends with %v, expected ErrUnreachable", node, err)
		}
		if _, err := a.Call(t.Context(), node, "echo", nil); !errors.Is(err, linger.ErrUnreachable) {
			t.Errorf("a call to node %s ends with %v, expected ErrUnreachable", node, err)
		}
	}
}

func subscribe(t *testing.T, c linger.Cluster, topic string, receive func(string, []byte)) (stop func()) {
	t.Helper()
	stop, err := c.Subscribe(topic, receive)
	check(t, err)
	return stop
}

func serve(t *testing.T, c linger.Cluster, service string, f func(string, []byte, func([]byte))) (stop func()) {
	t.Helper()
	stop, err := c.Serve(service, f)
	check(t, err)
	return stop
}

// ready blocks until records for a service of node b arrive.
func ready(t *testing.T, a linger.Cluster, service string, arrived chan []byte) {
	t.Helper()
	until(t, "the service is reachable", func() bool {
		if err := a.Send("b", service, []byte("begin")); err != nil {
			return false
		}
		select {
		case <-arrived:
			return true
		case <-time.After(10 * time.Millisecond):
			return false
		}
	})
	for { // those that were sent before
		select {
		case <-arrived:
		case <-time.After(100 * time.Millisecond):
			return
		}
	}
}

// until calls done until it returns true.
func until(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it did not happen that %s", what)
		}
	}
}

func receive[T any](t *testing.T, c <-chan T) T {
	t.Helper()
	var v T
	select {
	case v = <-c:
	case <-time.After(patience):
		t.Fatal("nothing has arrived")
	}
	return v
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
