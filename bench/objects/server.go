//go:build linux

package main

import (
	_ "embed"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

//go:embed testdata/app.js
var app string

// kind is a kind of server.
type kind struct {
	name string
	// command writes the configuration into a folder and returns the command line.
	command func(folder string, to netip.AddrPort, v vars) ([]string, error)
}

// vars are the variables of the application.
type vars struct {
	class  string // the class of the objects
	spread int    // the number of objects; 0 for one of its own for each connection
}

// linger returns Linger, with the path of its command.
func linger(path string) kind {
	return kind{"Linger", func(folder string, to netip.AddrPort, v vars) ([]string, error) {
		config := fmt.Sprintf(`{
			"name": "bench", "main": "app.js", "compatibility_date": %q,
			"durable_objects": { "bindings": [{ "name": "Echo", "class_name": "Echo" }, { "name": "Count", "class_name": "Count" }] },
			"migrations": [{ "tag": "v1", "new_sqlite_classes": ["Echo", "Count"] }],
			"vars": { "CLASS": %q, "SPREAD": "%d" }
		}`, compatibilityDate, v.class, v.spread)
		err := os.WriteFile(filepath.Join(folder, "wrangler.json"), []byte(config), 0o600)
		return []string{path, "run", "--listen=" + to.String(), "--log-level=warn", "--data=" + filepath.Join(folder, "data"), filepath.Join(folder, "app.js")}, err
	}}
}

// workerd returns workerd, with its path.
func workerd(path string) kind {
	return kind{"workerd", func(folder string, to netip.AddrPort, v vars) ([]string, error) {
		config := fmt.Sprintf(`using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = (
      modules = [(name = "app.js", esModule = embed "app.js")],
      compatibilityDate = %q,
      bindings = [
        (name = "Echo", durableObjectNamespace = (className = "Echo")),
        (name = "Count", durableObjectNamespace = (className = "Count")),
        (name = "CLASS", text = %q),
        (name = "SPREAD", text = "%d"),
      ],
      durableObjectNamespaces = [
        (className = "Echo", uniqueKey = "Echo", enableSql = true),
        (className = "Count", uniqueKey = "Count", enableSql = true),
      ],
      durableObjectStorage = (localDisk = "storage"),
    )),
    (name = "storage", disk = (path = %q, writable = true)),
  ],
  sockets = [(name = "http", address = %q, http = (), service = "main")],
);
`, compatibilityDate, v.class, v.spread, filepath.Join(folder, "data"), to.String())
		file := filepath.Join(folder, "config.capnp")
		return []string{path, "serve", file}, os.WriteFile(file, []byte(config), 0o600)
	}}
}

// compatibilityDate is that of the application, which both runtimes know.
const compatibilityDate = "2025-09-01"

// server is a running server.
type server struct {
	process *exec.Cmd
	folder  string
	to      netip.AddrPort
	ended   chan struct{} // closed when the process has ended
}

// start starts a server on the first core, and waits until it listens.
func (k kind) start(v vars) (*server, error) {
	folder, err := os.MkdirTemp("", "objects")
	if err != nil {
		return nil, err
	}
	s := &server{folder: folder, ended: make(chan struct{})}
	if err := os.Mkdir(filepath.Join(folder, "data"), 0o700); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(folder, "app.js"), []byte(app), 0o600); err != nil {
		return nil, err
	}
	if s.to, err = freePort(); err != nil {
		return nil, err
	}
	line, err := k.command(folder, s.to, v)
	if err != nil {
		return nil, err
	}
	s.process = exec.Command("taskset", append([]string{"-c", "0"}, line...)...)
	s.process.Stdout, s.process.Stderr = os.Stderr, os.Stderr
	if err := s.process.Start(); err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(line, " "), err)
	}
	go func() {
		_ = s.process.Wait()
		close(s.ended)
	}()
	return s, s.await()
}

// await waits until the server accepts connections.
func (s *server) await() error {
	for range 500 {
		if conn, err := net.Dial("tcp", s.to.String()); err == nil {
			return conn.Close()
		}
		select {
		case <-s.ended:
			return fmt.Errorf("the server has ended: %v", s.process.ProcessState)
		case <-time.After(20 * time.Millisecond):
		}
	}
	return fmt.Errorf("the server does not listen on %s", s.to)
}

// pid returns the process ID of the server: taskset replaces itself with its command.
func (s *server) pid() int { return s.process.Process.Pid }

// stop ends the server and removes its files.
func (s *server) stop() {
	_ = s.process.Process.Kill()
	<-s.ended
	_ = os.RemoveAll(s.folder)
}

func freePort() (netip.AddrPort, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, err
	}
	to := netip.MustParseAddrPort(l.Addr().String())
	return to, l.Close()
}
