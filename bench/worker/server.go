package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// server is a program that echoes at an address.
type server struct {
	name    string
	command func(port string) []string
}

func servers() []server {
	node := func(kind string) func(string) []string {
		return func(port string) []string { return []string{"node", "testdata/ws.mjs", port, kind} }
	}
	ours := func(script string) func(string) []string {
		return func(port string) []string {
			return []string{*linger, "run", "--listen=127.0.0.1:" + port, "testdata/" + script}
		}
	}
	return []server{
		{"linger, synchronous", ours("sync.js")},
		{"Node ws, synchronous", node("sync")},
		{"linger, async", ours("async.js")},
		{"Node ws, async", node("async")},
	}
}

// start runs the server and waits until it listens.
func (s server) start() (process *os.Process, address string, err error) {
	port, err := freePort()
	if err != nil {
		return nil, "", err
	}
	line := s.command(port)
	command := exec.Command(line[0], line[1:]...)
	command.Stderr = os.Stderr
	if err := command.Start(); err != nil {
		return nil, "", err
	}
	address = "127.0.0.1:" + port
	for range 500 {
		if conn, err := net.Dial("tcp", address); err == nil {
			return command.Process, address, conn.Close()
		}
		time.Sleep(10 * time.Millisecond)
	}
	_ = command.Process.Kill()
	return nil, "", errors.New("it does not listen")
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	_, port, err := net.SplitHostPort(l.Addr().String())
	return port, errors.Join(err, l.Close())
}

// cpu returns the processor time of a process so far.
func cpu(pid int) (time.Duration, error) {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(stat), ") ") // the name may hold spaces
	fields := strings.Fields(rest)
	user, err1 := strconv.Atoi(fields[11])
	system, err2 := strconv.Atoi(fields[12])
	const tick = 10 * time.Millisecond // sysconf(_SC_CLK_TCK) is 100 on Linux
	return time.Duration(user+system) * tick, errors.Join(err1, err2)
}
