//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/lingerws/linger/bench/load"
)

// system is what is measured.
type system struct {
	name      string
	begin     func(p place) *exec.Cmd
	subscribe func(channel string) []string     // the messages of a connection
	publish   func(channel, text string) string // a message of a connection
}

// place is where a node runs.
type place struct {
	programs, folder string   // of the programs, and of the files of the measurement
	nats             string   // the address of the NATS server
	address          string   // where the node listens
	routes           []string // the addresses of embedded servers, by the number of the node
	number           int
}

func (p *place) node(args ...string) *exec.Cmd {
	return exec.Command("/proc/self/exe", append([]string{"node", "-name", fmt.Sprint("n", p.number), "-addr", p.address}, args...)...)
}

func beginLinger(p place) *exec.Cmd { return p.node("-nats", p.nats) }

// beginEmbedded starts a node with an embedded server.
func beginEmbedded(p place) *exec.Cmd {
	if p.number == 0 {
		return p.node("-listen", p.routes[0])
	}
	return p.node("-listen", p.routes[p.number], "-join", p.routes[0])
}

func lingerSubscribe(channel string) []string { return []string{"subscribe " + channel} }

func lingerPublish(channel, text string) string { return "publish " + channel + " " + text }

// beginCentrifugo starts a node with the NATS broker, and without history, presence, tokens and metrics.
func beginCentrifugo(p place) *exec.Cmd {
	host, port, _ := net.SplitHostPort(p.address)
	file := filepath.Join(p.folder, fmt.Sprint("centrifugo", p.number, ".json"))
	config := fmt.Sprintf(`{
		"http_server": {"address": %q, "port": %q},
		"client": {"insecure": true, "allowed_origins": ["*"]},
		"broker": {"enabled": true, "type": "nats", "nats": {"url": %q}},
		"log": {"level": "error"}
	}`, host, port, p.nats)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err) // the node does not start without it, which is reported
	}
	return exec.Command(filepath.Join(p.programs, "centrifugo"), "--config", file)
}

func centrifugoSubscribe(channel string) []string {
	return []string{`{"id":1,"connect":{}}`, fmt.Sprintf(`{"id":2,"subscribe":{"channel":%q}}`, channel)}
}

func centrifugoPublish(channel, text string) string {
	return fmt.Sprintf(`{"id":3,"publish":{"channel":%q,"data":%q}}`, channel, text)
}

// deliveries returns how many publications a message has. Centrifugo sends several in the lines of one message.
func (s *system) deliveries(message []byte) int {
	if s.name != "centrifugo" {
		return 1
	}
	return bytes.Count(message, []byte(`{"push":{"channel"`))
}

// programs are the processes of a measurement.
type programs struct {
	folder string
	nats   *exec.Cmd
	nodes  []*exec.Cmd
	urls   []string
}

// start starts the NATS server and the nodes, and waits until they listen.
func start(o *options, s system, nodes int) (*programs, error) {
	folder, err := os.MkdirTemp("", "bench-cluster")
	if err != nil {
		return nil, err
	}
	p := &programs{folder: folder}
	address, err := freeAddress()
	if err == nil {
		host, port, _ := net.SplitHostPort(address)
		p.nats = exec.Command(filepath.Join(o.folder, "nats-server"), "-a", host, "-p", port)
		err = listens(p.nats, address)
	}
	at := place{programs: o.folder, folder: folder, nats: "nats://" + address}
	for range nodes {
		route, routeErr := freeAddress()
		at.routes, err = append(at.routes, route), errors.Join(err, routeErr)
	}
	path := "/"
	if s.name == "centrifugo" {
		path = "/connection/websocket"
	}
	for i := 0; i < nodes && err == nil; i++ {
		if at.address, err = freeAddress(); err != nil {
			break
		}
		at.number = i
		c := s.begin(at)
		p.nodes, p.urls = append(p.nodes, c), append(p.urls, "ws://"+at.address+path)
		err = listens(c, at.address)
	}
	if err != nil {
		p.end()
		return nil, err
	}
	return p, nil
}

// listens starts a process and waits until it listens.
func listens(c *exec.Cmd, address string) error {
	c.Stdout, c.Stderr = nil, os.Stderr
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if filepath.Base(c.Path) == "nats-server" {
		c.Stderr = nil // its log
	}
	if err := c.Start(); err != nil {
		return err
	}
	for range 1500 {
		if conn, err := net.Dial("tcp", address); err == nil {
			return conn.Close()
		}
		time.Sleep(20 * time.Millisecond)
	}
	return errors.New("a process does not listen: " + c.String())
}

func (p *programs) end() {
	for _, c := range append(p.nodes, p.nats) {
		if c != nil && c.Process != nil {
			_ = c.Process.Kill()
			_ = c.Wait() // the error is that it was killed
		}
	}
	_ = os.RemoveAll(p.folder)
}

// usage is the CPU time of the nodes and of NATS, and their resident memory in bytes.
type usage struct {
	nodes, nats             time.Duration
	nodesMemory, natsMemory int64
	memory                  []int64 // of each node
}

func (p *programs) usage() (u usage, err error) {
	for _, c := range p.nodes {
		cpu, memory, err := usageOf(c.Process.Pid)
		if err != nil {
			return u, err
		}
		u.nodes += cpu
		u.nodesMemory += memory
		u.memory = append(u.memory, memory)
	}
	u.nats, u.natsMemory, err = usageOf(p.nats.Process.Pid)
	return u, err
}

func usageOf(pid int) (cpu time.Duration, memory int64, err error) {
	if cpu, err = load.CPU(pid); err != nil {
		return 0, 0, err
	}
	memory, err = load.RSS(pid)
	return cpu, memory, err
}

func freeAddress() (string, error) {
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

func raiseFileLimit() error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)
}
