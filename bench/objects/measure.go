//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/bench/load"
	"github.com/lingerws/linger/websocket"
)

// asleep is longer than the time after which both runtimes let an idle object sleep, 10 s.
const asleep = 14 * time.Second

// figure is a line of the report: what was measured, and its value.
type figure struct{ name, value string }

// measurements lists the measurements in the order of the report.
var measurements = []struct {
	name string
	vars vars
	run  func(s *server, o options) ([]figure, error)
}{
	{"echo", vars{"Echo", 16}, perMessage},
	{"count", vars{"Count", 16}, perMessage},
	{"create", vars{"Count", 0}, create},
	{"sleep", vars{"Echo", 0}, sleep},
	{"wake-echo", vars{"Echo", 0}, wake},
	{"wake-count", vars{"Count", 0}, wake},
}

// perMessage measures messages of 64 bytes on 128 connections, of which each waits for its answer before it sends the next one.
func perMessage(s *server, o options) ([]figure, error) {
	sample, err := load.Run(s.to, s.pid(), load.Work{Kind: load.Echo, Conns: 128, InFlight: 1, Size: 64, Warm: o.window / 2, Window: o.window})
	return []figure{
		{"CPU per message", micro(sample.Cost())},
		{"messages per second", fmt.Sprintf("%.0f", sample.Rate())},
		{"median latency", micro(sample.P50)},
	}, err
}

// create measures requests of which each creates an object that writes to its storage, 32 at a time.
func create(s *server, o options) ([]figure, error) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 32}, Timeout: time.Minute}
	defer client.CloseIdleConnections()
	measure := func(window time.Duration) (n int64, err error) {
		ctx, cancel := context.WithTimeout(context.Background(), window)
		defer cancel()
		var all sync.WaitGroup
		var count atomic.Int64
		failures := make(chan error, 32)
		for range 32 {
			all.Go(func() {
				for ctx.Err() == nil {
					if err := get(client, "http://"+s.to.String()); err != nil {
						failures <- err
						return
					}
					count.Add(1)
				}
			})
		}
		all.Wait()
		close(failures)
		return count.Load(), <-failures
	}
	if _, err := measure(o.window / 2); err != nil {
		return nil, err
	}
	before, err1 := load.CPU(s.pid())
	began := time.Now()
	n, err2 := measure(o.window)
	took := time.Since(began)
	after, err3 := load.CPU(s.pid())
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, err
	}
	return []figure{
		{"objects per second", fmt.Sprintf("%.0f", float64(n)/took.Seconds())},
		{"CPU per object", micro((after - before) / time.Duration(max(n, 1)))},
	}, nil
}

// get expects that a new object answers a request.
func get(client *http.Client, url string) error {
	response, err := client.Get(url)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err == nil && string(body) != "1" {
		err = fmt.Errorf("a new object answers with %d %q", response.StatusCode, body)
	}
	return err
}

// sleep measures the memory of sleeping objects with one connection each, which has echoed one message.
func sleep(s *server, o options) ([]figure, error) {
	sample, err := load.Run(s.to, s.pid(), load.Work{Kind: load.Idle, Conns: o.objects, Size: 64, Warm: asleep, Window: asleep})
	return []figure{{fmt.Sprintf("memory of each of %d sleeping objects", o.objects), fmt.Sprintf("%.2f KiB", float64(sample.Bytes)/float64(max(sample.Units, 1))/1024)}}, err
}

// wake measures the time until a sleeping object answers, and the same for the next message.
func wake(s *server, o options) ([]figure, error) {
	conns := make([]*websocket.Conn, min(o.objects, 500))
	for i := range conns {
		conn, err := websocket.Dial(context.Background(), "ws://"+s.to.String()+"/", nil)
		if err != nil {
			return nil, err
		}
		defer conn.CloseNow()
		conns[i] = conn
	}
	var times [2][]time.Duration // of sleeping objects, and of awake ones
	for _, conn := range conns {
		if _, err := exchange(conn); err != nil {
			return nil, err
		}
	}
	time.Sleep(asleep)
	for _, conn := range conns {
		for i := range times {
			took, err := exchange(conn)
			if err != nil {
				return nil, err
			}
			times[i] = append(times[i], took)
		}
	}
	var figures []figure
	for i, name := range []string{"a sleeping object answers", "an awake object answers"} {
		slices.Sort(times[i])
		figures = append(figures, figure{name + " after", fmt.Sprintf("%s, 99%% %s", micro(times[i][len(conns)/2]), micro(times[i][len(conns)*99/100]))})
	}
	return figures, nil
}

// exchange sends a message and waits for the answer.
func exchange(conn *websocket.Conn) (time.Duration, error) {
	began := time.Now()
	if err := conn.Write(context.Background(), websocket.Text, []byte("hello")); err != nil {
		return 0, err
	}
	_, answer, err := conn.Read(context.Background())
	if err == nil && string(answer) != "hello" {
		err = fmt.Errorf("expected the echo of hello, got %q", answer)
	}
	return time.Since(began), err
}

func micro(d time.Duration) string {
	return fmt.Sprintf("%.1f µs", float64(d)/float64(time.Microsecond))
}
