//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/websocket"
)

// running is a measurement in progress.
type running struct {
	*programs
	o      *options
	system system

	mu      sync.Mutex
	clients []*client
}

// client is a connection that counts the publications it receives.
type client struct {
	conn     *websocket.Conn
	received atomic.Int64
	answers  chan struct{} // buffered; gets a value for each message that is not a publication
}

func begin(o *options, s system, nodes int) (*running, error) {
	p, err := start(o, s, nodes)
	if err != nil {
		return nil, err
	}
	return &running{programs: p, o: o, system: s}, nil
}

func (r *running) end() {
	r.programs.end()
	for _, c := range r.clients {
		c.conn.CloseNow()
	}
}

// connect opens a connection to a node, and subscribes it to a channel.
func (r *running) connect(node int, channels ...string) (*client, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := websocket.Dial(ctx, r.urls[node], &websocket.DialOptions{Proxy: websocket.NoProxy})
	if err != nil {
		return nil, err
	}
	c := &client{conn: conn, answers: make(chan struct{}, 100)}
	go r.read(c)
	for i, channel := range channels {
		messages := r.system.subscribe(channel)
		if i > 0 {
			messages = messages[len(messages)-1:]
		}
		for _, text := range messages {
			if err := conn.Write(ctx, websocket.Text, []byte(text)); err != nil {
				return nil, err
			}
			select {
			case <-c.answers:
			case <-ctx.Done():
				return nil, fmt.Errorf("no answer to %q", text)
			}
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.clients = append(r.clients, c)
	return c, nil
}

func (r *running) read(c *client) {
	for {
		_, message, err := c.conn.Read(context.Background())
		if err != nil {
			return
		}
		if string(message) == "{}" { // a ping of Centrifugo
			if err := c.conn.Write(context.Background(), websocket.Text, message); err != nil {
				return
			}
			continue
		}
		if string(message) == "subscribed" || r.system.deliveries(message) == 0 {
			select {
			case c.answers <- struct{}{}:
			default:
			}
			continue
		}
		c.received.Add(int64(r.system.deliveries(message)))
	}
}

// each calls f with the numbers up to n, on several goroutines, until one returns an error.
func each(n int, f func(i int) error) error {
	errs := make(chan error, n)
	limit := make(chan struct{}, 16)
	for i := range n {
		limit <- struct{}{}
		go func() {
			errs <- f(i)
			<-limit
		}()
	}
	for range n {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}

func (r *running) received() (sum int64) {
	for _, c := range r.clients {
		sum += c.received.Load()
	}
	return sum
}

// text is the payload of a publication: 128 bytes.
var text = string(slices.Repeat([]byte("x"), 128))

// cost publishes at a fixed rate, from one connection on each node in turn.
func (r *running) cost() (string, error) {
	nodes := len(r.nodes)
	if err := each(r.o.subscribers, func(i int) error { _, err := r.connect(i%nodes, "room"); return err }); err != nil {
		return "", err
	}
	publishers, err := r.publishers()
	if err != nil {
		return "", err
	}
	time.Sleep(2 * time.Second) // subscriptions reach the other nodes
	return r.paced(float64(r.o.publishes), func(i int) error {
		return r.publish(publishers[i%nodes], "room")
	})
}

// publishers returns one more connection to each node. With Centrifugo it has to subscribe before it can publish.
func (r *running) publishers() ([]*client, error) {
	var all []*client
	for i := range r.nodes {
		c, err := r.connect(i, fmt.Sprint("publisher", i))
		if err != nil {
			return nil, err
		}
		all = append(all, c)
	}
	return all, nil
}

func (r *running) publish(c *client, channel string) error {
	return c.conn.Write(context.Background(), websocket.Text, []byte(r.system.publish(channel, text)))
}

// paced publishes a number of times per second for the length of a measurement, and returns what that has cost.
func (r *running) paced(rate float64, publish func(i int) error) (string, error) {
	before, err := r.usage()
	if err != nil {
		return "", err
	}
	received, begin := r.received(), time.Now()
	count := int(rate * r.o.window.Seconds())
	for i := range count {
		time.Sleep(time.Until(begin.Add(time.Duration(float64(i) / rate * float64(time.Second)))))
		if err := publish(i); err != nil {
			return "", err
		}
	}
	time.Sleep(500 * time.Millisecond) // the last ones arrive
	after, err := r.usage()
	if err != nil {
		return "", err
	}
	n := r.received() - received
	if n == 0 {
		return "", fmt.Errorf("no publication has arrived")
	}
	micros := func(d time.Duration, per int64) float64 { return float64(d.Microseconds()) / float64(per) }
	return fmt.Sprintf("%d publications, %d deliveries: CPU per delivery %.2f µs in nodes, %.2f µs in NATS; per publication %.0f µs and %.0f µs; memory of a node %d MiB, of NATS %d MiB",
		count, n, micros(after.nodes-before.nodes, n), micros(after.nats-before.nats, n),
		micros(after.nodes-before.nodes, int64(count)), micros(after.nats-before.nats, int64(count)),
		after.nodesMemory/int64(len(r.nodes))>>20, after.natsMemory>>20), nil
}

// flight is the number of publications that have not reached all nodes when the rate is measured.
const flight = 512

// rate publishes as fast as all nodes receive.
func (r *running) rate() (string, error) {
	if err := each(len(r.nodes), func(i int) error { _, err := r.connect(i, "room"); return err }); err != nil {
		return "", err
	}
	subscribers := slices.Clone(r.clients)
	publishers, err := r.publishers()
	if err != nil {
		return "", err
	}
	time.Sleep(2 * time.Second) // subscriptions reach the other nodes
	slowest := func() int64 {
		least := subscribers[0].received.Load()
		for _, c := range subscribers[1:] {
			least = min(least, c.received.Load())
		}
		return least
	}
	before, err := r.usage()
	if err != nil {
		return "", err
	}
	begin, sent := time.Now(), int64(0)
	for time.Since(begin) < r.o.window {
		if sent-slowest() >= flight {
			time.Sleep(50 * time.Microsecond)
			continue
		}
		if err := r.publish(publishers[sent%int64(len(publishers))], "room"); err != nil {
			return "", err
		}
		sent++
	}
	took := time.Since(begin)
	after, err := r.usage()
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%.0f publications per second reach all nodes; %.0f %% of a core in nodes, %.0f %% in NATS",
		float64(slowest())/took.Seconds(), 100*(after.nodes-before.nodes).Seconds()/took.Seconds(), 100*(after.nats-before.nats).Seconds()/took.Seconds()), nil
}

// topics opens connections to the first node, first with one channel together and then with a channel each.
func (r *running) topics() (string, error) {
	stages := []func(i int) error{
		func(int) error { return nil },
		func(int) error { _, err := r.connect(0, "room"); return err },
		func(i int) error { _, err := r.connect(0, "room", fmt.Sprint("user", i)); return err },
	}
	var at []usage
	for _, stage := range stages {
		if err := each(r.o.topics, stage); err != nil {
			return "", err
		}
		time.Sleep(2 * time.Second)
		u, err := r.usage()
		if err != nil {
			return "", err
		}
		at = append(at, u)
	}
	kib := func(after, before int64) float64 { return float64(after-before) / float64(r.o.topics) / 1024 }
	return fmt.Sprintf("memory of a node: %.1f KiB for each of %d connections in one channel, %.1f KiB for each further one that has a channel of its own too; of the other node %.2f KiB, and of NATS %.2f KiB, for each such channel",
		kib(at[1].memory[0], at[0].memory[0]), r.o.topics, kib(at[2].memory[0], at[1].memory[0]),
		kib(at[2].memory[1], at[1].memory[1]), kib(at[2].natsMemory, at[1].natsMemory)), nil
}

// The scenario of docs/scale.md, divided by 100: ten nodes with 1,000 connections each; rooms of 100 connections that are anywhere; each connection has a channel of its
// own too, and publishes to its room every 50 seconds.
const (
	simulatedConnections = 10_000
	simulatedRoom        = 100
	simulatedPause       = 50
)

func (r *running) simulate() (string, error) {
	rooms := simulatedConnections / simulatedRoom
	if err := each(simulatedConnections, func(i int) error {
		_, err := r.connect(rand.N(len(r.nodes)), fmt.Sprint("room", i%rooms), fmt.Sprint("user", i))
		return err
	}); err != nil {
		return "", err
	}
	publishers, err := r.publishers()
	if err != nil {
		return "", err
	}
	time.Sleep(2 * time.Second)
	return r.paced(simulatedConnections/simulatedPause, func(int) error {
		return r.publish(publishers[rand.N(len(publishers))], fmt.Sprint("room", rand.N(rooms)))
	})
}
