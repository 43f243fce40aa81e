//go:build unix

package listen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func open(t *testing.T, passed *Passed, texts ...string) ([]Listener, error) {
	t.Helper()
	var addresses []Address
	for _, text := range texts {
		a, err := Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		addresses = append(addresses, a)
	}
	listeners, _, err := Open(context.Background(), addresses, passed, Loopback(0))
	if err == nil {
		t.Cleanup(func() { _ = Close(listeners) })
	}
	return listeners, err
}

func noneIsPassed() *Passed { return &Passed{used: map[int]bool{}} }

// reach connects to a listener, and reports whether that accepts the connection.
func reach(t *testing.T, l net.Listener) {
	t.Helper()
	accepted := make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err == nil {
			err = conn.Close()
		}
		accepted <- err
	}()
	conn, err := net.Dial(l.Addr().Network(), l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.Close()
	select {
	case err := <-accepted:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatalf("clients must reach the listener on %s; another one has them", l.Addr())
	}
}

func wantOpenError(t *testing.T, want string, passed *Passed, texts ...string) {
	t.Helper()
	if _, err := open(t, passed, texts...); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("listening on %v fails with %q; got %v", texts, want, err)
	}
}

func TestOpen(t *testing.T) {
	listeners, err := open(t, noneIsPassed(), "0", "unix:"+filepath.Join(t.TempDir(), "s"), "http://127.0.0.1:0")
	if err != nil || len(listeners) != 3 {
		t.Fatalf("all three are opened; got %v, %v", listeners, err)
	}
	for _, l := range listeners {
		reach(t, l)
	}
	if listeners[2].Address.Scheme != HTTP {
		t.Errorf("a listener has the scheme of its address; got %q", listeners[2].Address.Scheme)
	}
}

func TestOpenDefault(t *testing.T) {
	listeners, err := open(t, noneIsPassed())
	if err != nil || len(listeners) != 1 || !strings.HasPrefix(listeners[0].Addr().String(), "127.0.0.1:") {
		t.Errorf("without addresses the default is opened; got %v, %v", listeners, err)
	}
}

// When one address is in use, those before it are released.
func TestOpenInUse(t *testing.T) {
	socket := filepath.Join(t.TempDir(), "s")
	taken, err := open(t, noneIsPassed(), "0")
	if err != nil {
		t.Fatal(err)
	}
	wantOpenError(t, "is in use; choose another", noneIsPassed(), "unix:"+socket, taken[0].Addr().String())
	if _, err := os.Lstat(socket); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket of a server that does not start is removed; got %v", err)
	}
}

func TestOpenAllIPv4(t *testing.T) {
	listeners, err := open(t, noneIsPassed(), "0.0.0.0:0")
	if err != nil {
		t.Fatal(err)
	}
	if address, ok := listeners[0].Addr().(*net.TCPAddr); !ok || address.IP.To4() == nil {
		t.Errorf("0.0.0.0 is all IPv4 addresses; got %v", listeners[0].Addr())
	}
}

func TestOpenSocketFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	listeners, err := open(t, noneIsPassed(), "unix:"+path+"?mode=0662")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode().Perm() != 0o662 {
		t.Errorf("the socket has the mode that was asked for, regardless of the umask; got %v, %v", info.Mode(), err)
	}
	wantOpenError(t, "another process listens", noneIsPassed(), "unix:"+path)
	reach(t, listeners[0])
	_ = listeners[0].Close()
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("closing removes the socket; got %v", err)
	}
}

func TestOpenReplacesStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false) // as after a crash
	_ = stale.Close()
	listeners, err := open(t, noneIsPassed(), "unix:"+path)
	if err != nil {
		t.Fatal(err)
	}
	reach(t, listeners[0])
}

// Of many that start at once with a stale socket one gets the path, and clients reach that one.
func TestOpenReplacesStaleSocketOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	_ = stale.Close()
	results := make(chan net.Listener, 20)
	for range cap(results) {
		go func() {
			l, _ := openSocketFile(context.Background(), path, 0)
			results <- l
		}()
	}
	var winner net.Listener
	for range cap(results) {
		if l := <-results; l != nil {
			if winner != nil {
				t.Error("only one gets the path")
			}
			winner = l
		}
	}
	if winner == nil {
		t.Fatal("one gets the path")
	}
	reach(t, winner)
	_ = winner.Close()
}

func TestOpenSocketFileErrors(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	wantOpenError(t, "is not a socket", noneIsPassed(), "unix:"+file)
	wantOpenError(t, "no such file", noneIsPassed(), "unix:"+filepath.Join(folder, "missing", "s"))
	wantOpenError(t, "choose a shorter one", noneIsPassed(), "unix:"+filepath.Join(folder, strings.Repeat("s", 120)))
	if _, err := os.Lstat(file); err != nil {
		t.Errorf("a file that is not a socket stays; got %v", err)
	}
}

func TestMain(m *testing.M) {
	if addresses, ok := os.LookupEnv("LISTEN_TEST_CHILD"); ok {
		if os.Getenv("LISTEN_PID") != "" {
			_ = os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid())) // a parent cannot know it before the start
		}
		passedChild(strings.Fields(addresses))
	}
	os.Exit(m.Run())
}

// passedChild is a program that is started with sockets, and prints what Open makes of them.
func passedChild(texts []string) {
	_, _ = fmt.Print(describePassed(texts))
	os.Exit(0)
}

func describePassed(texts []string) string {
	passed, err := FromManager()
	if err != nil {
		return err.Error()
	}
	var addresses []Address
	for _, text := range texts {
		a, _ := Parse(text)
		addresses = append(addresses, a)
	}
	listeners, unused, err := Open(context.Background(), addresses, passed, Loopback(0))
	if err != nil {
		return err.Error()
	}
	text := ""
	for _, l := range listeners {
		text += l.Addr().String() + " "
	}
	return text + "unused " + strings.Join(unused, " ") + " env " + os.Getenv("LISTEN_FDS")
}

func TestOpenPassed(t *testing.T) {
	first, second := listener(t), listener(t)
	for _, c := range []struct{ environment, addresses, want string }{
		{"LISTEN_PID=own LISTEN_FDS=2 LISTEN_FDNAMES=web:admin", "", first.Addr().String() + " " + second.Addr().String() + " unused  env "},
		{"LISTEN_PID=own LISTEN_FDS=2 LISTEN_FDNAMES=web:admin", "fd:admin", second.Addr().String() + " unused fd:web env "},
		{"LISTEN_PID=own LISTEN_FDS=2 LISTEN_FDNAMES=web:web", "fd:web", first.Addr().String() + " " + second.Addr().String() + " unused  env "},
		{"LISTEN_PID=own LISTEN_FDS=2", "fd:4", second.Addr().String() + " unused fd:3 env "},
		{"", "fd:3 fd:4", first.Addr().String() + " " + second.Addr().String() + " unused  env "},
		{"LISTEN_PID=own LISTEN_FDS=2", "fd:4 fd:4", "given twice"},
		{"LISTEN_PID=own LISTEN_FDS=2 LISTEN_FDNAMES=web:admin", "fd:other", "it has fd:web fd:admin"},
		{"", "fd:web", "it was passed none"},
		{"LISTEN_PID=own LISTEN_FDS=many", "", "LISTEN_FDS of the environment is \"many\""},
		{"LISTEN_PID=own LISTEN_FDS=-1", "", "expected a number of sockets"},
		{"", "fd:5", "is not a stream socket"},
		{"", "fd:6", "not a socket"},
		{"", "fd:7", "is a connection, and not a listening socket"},
		{"", "fd:99", "started without a descriptor 99"},
	} {
		if got := startChild(t, c.environment, c.addresses, first, second); !strings.Contains(got, c.want) {
			t.Errorf("with %q and %q the result is %q; got %q", c.environment, c.addresses, c.want, got)
		}
	}
}

func listener(t *testing.T) *net.TCPListener {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// startChild starts the child with two listeners, a UDP socket, a file and a connection as descriptors 3 to 7, and returns what
// it prints.
func startChild(t *testing.T, environment, addresses string, listeners ...*net.TCPListener) string {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), append(strings.Fields(environment), "LISTEN_TEST_CHILD="+addresses, "GORACE=atexit_sleep_ms=0")...)
	udp, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.DialTCP("tcp", nil, listeners[0].Addr().(*net.TCPAddr))
	if err != nil {
		t.Fatal(err)
	}
	sources := []interface{ File() (*os.File, error) }{listeners[0], listeners[1], udp, nil, conn}
	for _, source := range sources {
		file := os.Stdin
		if source != nil {
			if file, err = source.File(); err != nil {
				t.Fatal(err)
			}
			defer func() { _ = file.Close() }()
		} else if file, err = os.Open(os.DevNull); err != nil {
			t.Fatal(err)
		}
		child.ExtraFiles = append(child.ExtraFiles, file)
	}
	defer func() { _ = errors.Join(udp.Close(), conn.Close()) }()
	printed, err := child.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, printed)
	}
	return string(printed)
}
