package listen

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// openSocketFile listens on a Unix socket. The file of a socket on which no process listens any more is replaced; another file
// is an error. The file is removed when the listener is closed.
func openSocketFile(ctx context.Context, path string, mode fs.FileMode) (net.Listener, error) {
	config := &net.ListenConfig{}
	if strings.HasPrefix(path, "@") { // abstract: it has no file
		return config.Listen(ctx, "unix", path)
	}
	unlock, err := lockFolder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := removeStale(ctx, path); err != nil {
		return nil, err
	}
	if mode != 0 {
		config.Control = func(_, _ string, c syscall.RawConn) error { return limitMode(c, mode) }
	}
	l, err := config.Listen(ctx, "unix", path)
	if errors.Is(err, syscall.EINVAL) && len(path) > maxSocketPath {
		return nil, fmt.Errorf("the path has %d bytes, and the system allows about %d: choose a shorter one", len(path), maxSocketPath)
	}
	if err != nil || mode == 0 {
		return l, err
	}
	if err := os.Chmod(path, mode); err != nil {
		return nil, errors.Join(err, l.Close())
	}
	return l, nil
}

// maxSocketPath is the number of bytes that the path of a Unix socket may have on every system.
const maxSocketPath = 103

// dialTimeout bounds the attempt to connect to a socket. A process whose queue of connections is full is still a process.
const dialTimeout = time.Second

// removeStale removes the file of a socket on which no process listens.
func removeStale(ctx context.Context, path string) error {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Mode().Type() != fs.ModeSocket:
		return errors.New("the file exists and is not a socket: remove it, or choose another path")
	}
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, "unix", path)
	switch {
	case err == nil:
		return errors.Join(errors.New("another process listens on the socket: stop it, or choose another path"), conn.Close())
	case errors.Is(err, syscall.ECONNREFUSED):
		return os.Remove(path)
	}
	return fmt.Errorf("whether another process listens on the socket cannot be found out: %w", err)
}
