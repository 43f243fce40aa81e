package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/cmd/linger/internal/listen"
	"github.com/lingerws/linger/internal/handover"
)

const (
	// filesVariable is the environment variable with the roles of the files that a new process inherits, in JSON. The first of them is
	// firstInherited.
	filesVariable = variablePrefix + "HANDOVER_FILES"

	// firstInherited is the descriptor after that of the link.
	firstInherited = 4

	// errorsRole is the role of the file that is standard error of this process. Standard error of the new process is a pipe to this one
	// until it has taken over, so that what it writes when it fails is known.
	errorsRole = "stderr"
)

// programPath returns the path of the binary that the process was started from. It keeps symbolic links, which may be changed to
// another version. It is called at the start, because the file may be replaced later.
func programPath() string {
	actual, err := os.Executable()
	if err != nil {
		actual = os.Args[0]
	}
	named, err := exec.LookPath(os.Args[0])
	if err != nil {
		return actual
	}
	named, err = filepath.Abs(named)
	if err != nil || !isSameFile(named, actual) {
		return actual
	}
	return named
}

func isSameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// child is a new process.
type child struct {
	*handover.Child
	tail *tail
}

// start starts a binary as the new process, with the command line, the environment and the streams of this one.
func (u *upgrades) start(binary string) (*child, error) {
	files, err := u.sockets.inherited()
	if err != nil {
		return nil, err
	}
	defer closeFiles(files)
	reader, writer, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer func() { _ = writer.Close() }()
	command := exec.Command(binary, os.Args[1:]...)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, writer
	command.ExtraFiles = []*os.File{os.Stderr}
	roles := []string{errorsRole}
	for _, f := range files {
		command.ExtraFiles = append(command.ExtraFiles, f.File)
		roles = append(roles, f.Role)
	}
	text, err := json.Marshal(roles)
	if err != nil {
		return nil, errors.Join(err, reader.Close())
	}
	command.Env = append(environment(), filesVariable+"="+string(text))
	started, err := handover.Start(command)
	if err != nil {
		return nil, errors.Join(err, reader.Close())
	}
	return &child{started, follow(reader, os.Stderr)}, nil
}

// environment returns the environment for a new process: without WATCHDOG_PID the process that has taken over sends the signs of life that
// the service manager expects.
func environment() (list []string) {
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "WATCHDOG_PID=") {
			list = append(list, line)
		}
	}
	return list
}

func closeFiles(files []listen.Inherited) {
	for _, f := range files {
		_ = f.File.Close()
	}
}

func (c *child) pid() int { return c.Process.Pid }

// close waits for the end of the copy of standard error.
func (c *child) close() { c.tail.close() }

// output returns the last lines that the process has written to standard error.
func (c *child) output() []string { return c.tail.lines() }

const (
	maxTailLines = 20
	maxTailLine  = 1 << 10 // bytes

	// tailTimeout bounds the wait for the end of standard error, which another process may have inherited.
	tailTimeout = time.Second
)

// tail copies the output of a process, and keeps its last lines.
type tail struct {
	ended  chan struct{} // closed at the end of the output
	source *os.File

	mu   sync.Mutex
	last []string
}

// follow copies what is read from a pipe.
func follow(source *os.File, to io.Writer) *tail {
	t := &tail{ended: make(chan struct{}), source: source}
	go t.copy(to)
	return t
}

func (t *tail) copy(to io.Writer) {
	defer close(t.ended)
	reader := bufio.NewReaderSize(t.source, maxTailLine)
	for {
		line, err := reader.ReadSlice('\n')
		_, _ = to.Write(line) // it is still wanted for the error
		if text := strings.TrimRight(string(line), "\r\n"); text != "" {
			t.mu.Lock()
			t.last = append(t.last, text)
			t.last = t.last[max(0, len(t.last)-maxTailLines):]
			t.mu.Unlock()
		}
		if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
			return
		}
	}
}

// lines returns the last lines, after the end of the output or tailTimeout.
func (t *tail) lines() []string {
	t.await()
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string{}, t.last...)
}

func (t *tail) await() {
	select {
	case <-t.ended:
	case <-time.After(tailTimeout):
	}
}

func (t *tail) close() {
	t.await()
	_ = t.source.Close()
}
