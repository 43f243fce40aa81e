//go:build linux

package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/lingerws/linger/bench/load"
	"github.com/lingerws/linger/bench/report"
	"github.com/lingerws/linger/websocket"
)

// life are the works about the life of a worker instead of a load: its start, its memory, its sleep.
var life = []work{
	{name: "start", label: "start, until the first echo", unit: "server",
		Work: load.Work{Kind: report.Start, Size: 64}, libs: scripted, groups: "workers", measure: (*server).measureStart},
	{name: "memory", label: "memory with one worker, after 20,000 echoes", unit: "server",
		Work: load.Work{Kind: report.Memory, Size: 64}, libs: scripted, groups: "workers", measure: (*server).measureMemory},
	{name: "further", label: "memory of each further worker", unit: "worker",
		Work: load.Work{Kind: report.Memory, Size: 64}, libs: workers, groups: "workers", measure: (*server).measureFurther,
		flags: []string{"--workers=" + strconv.Itoa(1+furtherWorkers)}},
	{name: "asleep", label: "memory when the worker sleeps", unit: "server",
		Work: load.Work{Kind: report.Memory, Size: 64}, libs: workers, groups: "workers", measure: (*server).measureAsleep,
		flags: sleeping},
	{name: "wake", label: "first echo of a sleeping worker", unit: "wake",
		Work: load.Work{Kind: report.Wake, Size: 64}, libs: workers, groups: "workers", measure: (*server).measureWake,
		flags: sleeping},
}

// sleeping makes workers sleep soon, and asleep is the time after which they do.
var sleeping = []string{"--sleep-after=100ms"}

const asleep = 700 * time.Millisecond

// settle is the time that a server has to free memory and to load its workers.
const settle = time.Second

// measureStart measures the time from the start of the process until it has echoed the first message.
func (s *server) measureStart() (load.Sample, error) {
	if err := s.converse(1); err != nil {
		return load.Sample{}, err
	}
	wall := time.Since(s.began)
	cpu, err := load.TreeCPU(s.pid())
	return load.Sample{Units: 1, Wall: wall, CPU: cpu}, err
}

// measureMemory measures the resident memory of the server, after messages that its JIT compiler has seen.
func (s *server) measureMemory() (load.Sample, error) {
	if err := s.converse(20_000); err != nil {
		return load.Sample{}, err
	}
	time.Sleep(settle)
	size, _, err := load.TreeRSS(s.pid())
	return load.Sample{Units: 1, Bytes: size}, err
}

// furtherWorkers is the number of workers that measureFurther compares with the first.
const furtherWorkers = 3

// measureFurther measures the memory that each further worker takes. Memory of programs, which processes share, does not count.
func (s *server) measureFurther() (load.Sample, error) {
	one, err := s.workspace.start(s.library, variantEcho, s.cores)
	if err != nil {
		return load.Sample{}, err
	}
	defer one.stop()
	time.Sleep(settle)
	less, _, err1 := load.TreeAnonymous(one.pid())
	more, _, err2 := load.TreeAnonymous(s.pid())
	return load.Sample{Units: furtherWorkers, Bytes: more - less}, errors.Join(err1, err2)
}

// measureAsleep measures the resident memory of a server whose worker sleeps after a conversation.
func (s *server) measureAsleep() (load.Sample, error) {
	if err := s.converse(20_000); err != nil {
		return load.Sample{}, err
	}
	time.Sleep(asleep + settle)
	size, _, err := load.TreeRSS(s.pid())
	return load.Sample{Units: 1, Bytes: size}, err
}

// measureWake measures the latency of messages that wake the worker.
func (s *server) measureWake() (load.Sample, error) {
	const wakes = 5
	conn, err := websocket.Dial(context.Background(), "ws://"+s.to.String()+"/", nil)
	if err != nil {
		return load.Sample{}, err
	}
	defer conn.CloseNow()
	began := time.Now()
	var times []time.Duration
	for range wakes {
		time.Sleep(asleep)
		took, err := exchange(conn)
		if err != nil {
			return load.Sample{}, err
		}
		times = append(times, took)
	}
	slices.Sort(times)
	return load.Sample{Units: wakes, Wall: time.Since(began), P50: times[wakes/2], P99: times[wakes-1]}, nil
}

// converse echoes messages on one connection.
func (s *server) converse(messages int) error {
	conn, err := websocket.Dial(context.Background(), "ws://"+s.to.String()+"/", nil)
	if err != nil {
		return err
	}
	defer conn.CloseNow()
	for range messages {
		if _, err := exchange(conn); err != nil {
			return err
		}
	}
	return nil
}

// exchange sends a message, waits for its echo, and returns the time that this takes.
func exchange(conn *websocket.Conn) (time.Duration, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	const message = "hello"
	began := time.Now()
	if err := conn.Write(ctx, websocket.Text, []byte(message)); err != nil {
		return 0, err
	}
	_, answer, err := conn.Read(ctx)
	if err == nil && string(answer) != message {
		err = fmt.Errorf("expected the echo of %q, got %q", message, answer)
	}
	return time.Since(began), err
}
