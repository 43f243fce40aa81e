package listen

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// inherited is a listener of the process before this one, which has started it to take its place.
type inherited struct {
	role     string
	listener net.Listener
	used     bool
}

// Inherited is a listener of another process by its role: that of an address is given by [Address.Role].
type Inherited struct {
	Role string
	File *os.File
}

// FromPredecessor returns the listeners of the process before this one. They are not used before [Open] or Take returns them, and
// accept nothing before that. It closes the files.
func FromPredecessor(files []Inherited) (*Passed, error) {
	p := &Passed{used: map[int]bool{}}
	var problems error
	for _, f := range files {
		l, err := net.FileListener(f.File) // has a duplicate of the descriptor
		if err != nil {
			problems = errors.Join(problems, fmt.Errorf("the listener %s of the process before this one cannot be used: %w", f.Role, err))
		} else {
			p.inherited = append(p.inherited, &inherited{role: f.Role, listener: l})
		}
		_ = f.File.Close()
	}
	if problems != nil {
		_ = p.CloseUnused()
	}
	return p, problems
}

// Role returns the role of listeners on an address: what it names, without the scheme and the mode.
func (a Address) Role() string {
	a.Scheme = Any
	return a.String()
}

// Take returns the next inherited listener with a role, or nil if there is none.
func (p *Passed) Take(role string) net.Listener {
	for _, l := range p.inherited {
		if l.role == role && !l.used {
			l.used = true
			return l.listener
		}
	}
	return nil
}

// takeAll returns the inherited listeners of an address: all of those that a service manager has passed with one name, or one.
func (p *Passed) takeAll(a Address) (list []net.Listener) {
	for l := p.Take(a.Role()); l != nil; l = p.Take(a.Role()) {
		list = append(list, l)
		if _, err := strconv.Atoi(a.place); a.kind != descriptor || err == nil {
			break
		}
	}
	return list
}

// addressesOfManager returns the addresses of the inherited listeners that a service manager has passed to the process before this one.
func (p *Passed) addressesOfManager() (list []Address) {
	named := map[string]bool{}
	for _, l := range p.inherited {
		place, ok := strings.CutPrefix(l.role, "fd:")
		if ok && !named[place] {
			named[place] = true
			list = append(list, Address{kind: descriptor, place: place})
		}
	}
	return list
}

// CloseUnused closes the inherited listeners that nothing has taken, and removes the files of those on Unix sockets.
func (p *Passed) CloseUnused() (err error) {
	for _, l := range p.inherited {
		if l.used {
			continue
		}
		l.used = true
		if !IsPassed(l.role) {
			Own(l.listener, true)
		}
		err = errors.Join(err, l.listener.Close())
	}
	return err
}

// Own sets whether closing a listener removes the file of its Unix socket. The listeners of [FromPredecessor] do not remove it until
// that is set, because the process before may go on with them.
func Own(l net.Listener, own bool) {
	if socket, ok := l.(*net.UnixListener); ok {
		socket.SetUnlinkOnClose(own)
	}
}

// File returns a descriptor of a listener for another process. The listener stays non-blocking when the file is passed on, which it
// would not with its method File: the mode belongs to all descriptors of a socket.
func File(l net.Listener) (*os.File, error) {
	source, ok := l.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("the listener on %s has no descriptor: %w", l.Addr(), errors.ErrUnsupported)
	}
	conn, err := source.SyscallConn()
	if err != nil {
		return nil, err
	}
	var file *os.File
	var failed error
	if err := conn.Control(func(fd uintptr) { file, failed = duplicate(fd, l.Addr().String()) }); err != nil {
		return nil, err
	}
	return file, failed
}

// IsPassed reports whether a role is that of a listener that a service manager has passed.
func IsPassed(role string) bool { return strings.HasPrefix(role, "fd:") }
