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

// server is a server process to measure.
type server struct {
	workspace workspace
	library   library
	cores     string

	command *exec.Cmd
	began   time.Time      // when the process was started
	to      netip.AddrPort // the address it listens on
	ended   chan bool      // closed when the process has ended
	err     error          // of the process; valid once ended is closed
}

// start starts the server of a library on the given cores, with further flags, and waits until it listens.
func (w workspace) start(l library, v variant, cores string, flags ...string) (*server, error) {
	to, err := freePort()
	if err != nil {
		return nil, err
	}
	line := append([]string{"-c", cores}, append(l.command(w, to, v), flags...)...)
	s := &server{workspace: w, library: l, cores: cores, command: exec.Command("taskset", line...), began: time.Now(), to: to, ended: make(chan bool)}
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

// await waits until the server accepts connections.
func (s *server) await() error {
	const tries, pause = 5000, 2 * time.Millisecond
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

// pid returns the process ID of the server: taskset replaces itself with its command.
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
