//go:build linux

package main

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"time"
)

// server is a process that is measured.
type server struct {
	command *exec.Cmd
	to      netip.AddrPort
	ended   chan bool // closed then
	err     error     // how it ended
}

// start starts a library's server on the cores, and waits until it listens.
func (w workshop) start(l library, v variant, cores string) (*server, error) {
	to, err := freePort()
	if err != nil {
		return nil, err
	}
	line := l.command(w, to, v)
	s := &server{command: exec.Command("taskset", append([]string{"-c", cores}, line...)...), to: to, ended: make(chan bool)}
	s.command.Stderr = os.Stderr
	if err := s.command.Start(); err != nil {
		return nil, err
	}
	go func() {
		s.err = s.command.Wait()
		close(s.ended)
	}()
	if err := s.await(); err != nil {
		s.stop()
		return nil, err
	}
	return s, nil
}

// await returns when somebody listens.
func (s *server) await() error {
	const tries, pause = 500, 20 * time.Millisecond
	for range tries {
		if conn, err := net.Dial("tcp", s.to.String()); err == nil {
			return conn.Close()
		}
		select {
		case <-s.ended:
			return fmt.Errorf("the server ended: %w", s.err)
		case <-time.After(pause):
		}
	}
	return fmt.Errorf("the server does not listen on %s after %v", s.to, tries*pause)
}

// pid is the server's: taskset becomes what it starts.
func (s *server) pid() int { return s.command.Process.Pid }

func (s *server) stop() {
	_ = s.command.Process.Kill()
	<-s.ended
}

func freePort() (netip.AddrPort, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, err
	}
	to := netip.MustParseAddrPort(l.Addr().String())
	return to, l.Close()
}
