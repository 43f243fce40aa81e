package deploy_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lingerws/linger/websocket"
)

// frontend starts a server in front of Linger, with the file of the repository whose ports are replaced, and returns its port.
type frontend struct {
	name      string
	flags     []string // of linger run
	proto     string   // X-Forwarded-Proto
	start     func(t *testing.T, backend *application) (port string)
	noReasons bool
}

func TestFrontends(t *testing.T) {
	for _, f := range []frontend{
		{name: "nginx", flags: []string{"--trusted-proxy=127.0.0.1"}, proto: "http", start: startNginx},
		{name: "caddy", flags: []string{"--trusted-proxy=127.0.0.1"}, proto: "http", start: startCaddy},
		{name: "haproxy", flags: []string{"--proxy-protocol-from=127.0.0.1"}, proto: "null", start: startHAProxy},
	} {
		t.Run(f.name, func(t *testing.T) {
			program(t, f.name)
			a := run(t, f.flags...)
			port := f.start(t, a)
			await(t, f.name+" passes requests on", func() bool { return statusOf("http://127.0.0.1:"+port+"/") == http.StatusOK })
			checkFrontend(t, f, port)
		})
	}
}

// checkFrontend checks what clients see of Linger after a frontend.
func checkFrontend(t *testing.T, f frontend, port string) {
	t.Helper()
	dial := func(t *testing.T) *websocket.Conn {
		t.Helper()
		conn, err := websocket.Dial(within(t), "ws://127.0.0.1:"+port+"/chat", nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(conn.CloseNow)
		_, hello, err := conn.Read(within(t))
		if want := f.proto + " 127.0.0.1"; err != nil || string(hello) != want {
			t.Errorf("the application gets the protocol and the address of the client, %q; got %q, %v", want, hello, err)
		}
		return conn
	}
	t.Run("messages", func(t *testing.T) {
		conn := dial(t)
		for _, message := range []string{"hello", strings.Repeat("x", 1<<20)} {
			if err := conn.Write(within(t), websocket.Text, []byte(message)); err != nil {
				t.Fatal(err)
			}
			if _, got, err := conn.Read(within(t)); err != nil || string(got) != message {
				t.Errorf("a message of %d bytes comes back; got %d bytes, %v", len(message), len(got), err)
			}
		}
	})
	t.Run("the server closes", func(t *testing.T) {
		conn := dial(t)
		if err := conn.Write(within(t), websocket.Text, []byte("close")); err != nil {
			t.Fatal(err)
		}
		_, _, err := conn.Read(within(t))
		closed, ok := errors.AsType[*websocket.PeerClosed](err)
		if !ok || closed.Code != 4001 || closed.Reason != "moved" {
			t.Errorf("the client gets the code and the reason; got %v", err)
		}
	})
	t.Run("the client closes", func(t *testing.T) {
		if err := dial(t).Close(4002, "done"); err != nil {
			t.Errorf("the closing handshake passes; got %v", err)
		}
	})
}

// startNginx starts nginx.
func startNginx(t *testing.T, backend *application) string {
	t.Helper()
	port, folder := freePort(t), t.TempDir()
	server := substitute(t, read(t, "deploy", "nginx", "linger.conf"), "127.0.0.1:8080", "127.0.0.1:"+backend.port, "listen 8000", "listen 127.0.0.1:"+port)
	config := fmt.Sprintf("daemon off; master_process off; error_log stderr; pid %[1]s/pid; events {} http { access_log off; "+
		"client_body_temp_path %[1]s/b; proxy_temp_path %[1]s/p; fastcgi_temp_path %[1]s/f; uwsgi_temp_path %[1]s/u; scgi_temp_path %[1]s/s;\n%[2]s}\n", folder, server)
	start(t, folder, nil, program(t, "nginx"), "-e", "stderr", "-p", folder, "-c", write(t, "nginx.conf", config))
	return port
}

// startCaddy starts Caddy.
func startCaddy(t *testing.T, backend *application) string {
	t.Helper()
	port, folder := freePort(t), t.TempDir()
	config := substitute(t, read(t, "deploy", "caddy", "Caddyfile"), "127.0.0.1:8080", "127.0.0.1:"+backend.port, "http://:8000", "http://:"+port)
	env := []string{"XDG_DATA_HOME=" + folder, "XDG_CONFIG_HOME=" + folder, "HOME=" + folder}
	start(t, folder, env, program(t, "caddy"), "run", "--adapter", "caddyfile", "--config", write(t, "Caddyfile", config))
	return port
}

// startHAProxy starts HAProxy.
func startHAProxy(t *testing.T, backend *application) string {
	t.Helper()
	port := freePort(t)
	config := substitute(t, read(t, "deploy", "haproxy", "haproxy.cfg"),
		"127.0.0.1:8080", "127.0.0.1:"+backend.port, "bind :8000", "bind 127.0.0.1:"+port, "check port 9180", "check port "+backend.admin,
		"maxconn 100000", "maxconn 1000") // the descriptors of the test are limited
	start(t, t.TempDir(), nil, program(t, "haproxy"), "-db", "-f", write(t, "haproxy.cfg", config))
	return port
}

// HAProxy sends no new connections to a server that drains, and leaves the others alone.
func TestHAProxyDrain(t *testing.T) {
	program(t, "haproxy")
	a := run(t, "--proxy-protocol-from=127.0.0.1")
	port := startHAProxy(t, a)
	await(t, "HAProxy passes requests on", func() bool { return statusOf("http://127.0.0.1:"+port+"/") == http.StatusOK })
	conn, err := websocket.Dial(within(t), "ws://127.0.0.1:"+port+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.CloseNow()
	if _, _, err := conn.Read(within(t)); err != nil {
		t.Fatal(err)
	}
	drain := start(t, t.TempDir(), nil, linger(t), "drain", "--stay", "--detach", "--delay=10m", "--admin=127.0.0.1:"+a.admin)
	<-drain.ended
	if status := statusOf("http://127.0.0.1:" + a.admin + "/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("the server is not ready from the beginning of a drain; got %d", status)
	}
	await(t, "HAProxy refuses new connections", func() bool { return !answers(port) })
	if err := conn.Write(within(t), websocket.Text, []byte("still")); err != nil {
		t.Fatal(err)
	}
	if _, got, err := conn.Read(within(t)); err != nil || string(got) != "still" {
		t.Errorf("the connection stays; got %q, %v", got, err)
	}
}

// answers reports whether a request gets a response.
func answers(port string) bool {
	conn, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
	text, _ := io.ReadAll(conn)
	return len(text) > 0
}

// The files of the folder that this package tests are these; another one needs a test.
func TestDeployFiles(t *testing.T) {
	tested := map[string]bool{
		"caddy/Caddyfile": true, "docker/Dockerfile": true, "docker/Dockerfile.dockerignore": true, "docker/cluster.yaml": true, "haproxy/haproxy.cfg": true,
		"kubernetes/linger.yaml": true, "nginx/linger.conf": true, "systemd/linger.service": true, "systemd/linger.socket": true,
		"grafana/linger.json": true, "prometheus/alerts.yml": true, // by tests of cmd/linger
	}
	folder := filepath.Join(root, "deploy")
	err := filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		name, _ := filepath.Rel(folder, path)
		if err == nil && !entry.IsDir() && !tested[filepath.ToSlash(name)] {
			t.Errorf("deploy/%s has a test", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
