package listen

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"syscall"
)

// Listener is a listener and the address that it was opened for.
type Listener struct {
	net.Listener
	Address Address
}

// Close closes all listeners.
func Close(listeners []Listener) error {
	var err error
	for _, l := range listeners {
		err = errors.Join(err, l.Close())
	}
	return err
}

// Open listens on the addresses, with the listeners of passed that are inherited if it has them. If there are no addresses it listens
// on all sockets of passed, and without those on byDefault. After an error it has closed what it had opened. unused are the names of sockets of passed that no address names.
func Open(ctx context.Context, addresses []Address, passed *Passed, byDefault Address) (listeners []Listener, unused []string, err error) {
	switch {
	case len(addresses) == 0 && len(passed.addresses()) > 0:
		addresses = passed.addresses()
	case len(addresses) == 0:
		addresses = []Address{byDefault}
	}
	for _, a := range addresses {
		opened, err := a.open(ctx, passed)
		for _, l := range opened {
			listeners = append(listeners, Listener{l, a})
		}
		if err != nil {
			return nil, nil, errors.Join(explain(a, err), Close(listeners))
		}
	}
	return listeners, passed.unused(), nil
}

func (a Address) open(ctx context.Context, passed *Passed) ([]net.Listener, error) {
	if list := passed.takeAll(a); len(list) > 0 {
		return list, nil
	}
	switch a.kind {
	case descriptor:
		return passed.open(a.place)
	case unixSocket:
		return one(openSocketFile(ctx, a.place, a.mode))
	case tcp:
	}
	return one(new(net.ListenConfig).Listen(ctx, a.tcpNetwork(), a.place))
}

func one(l net.Listener, err error) ([]net.Listener, error) {
	if err != nil {
		return nil, err
	}
	return []net.Listener{l}, nil
}

// explain returns the error for an address on which the server cannot listen.
func explain(a Address, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return inUseError{a}
	case errors.Is(err, syscall.EACCES) && a.kind == tcp:
		return fmt.Errorf("cannot listen on %s: ports below 1024 need a privilege (CAP_NET_BIND_SERVICE, or a socket of systemd); "+
			"choose another port with --port or --listen: %w", a, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("cannot listen on %s: this machine does not have the address: %w", a, err)
	}
	return fmt.Errorf("cannot listen on %s: %w", a, err)
}

// Passed are the sockets that a service manager has started the process with (sd_listen_fds(3)), or the listeners of the process
// before this one.
type Passed struct {
	sockets   []passedSocket
	used      map[int]bool // by descriptor
	inherited []*inherited
}

type passedSocket struct {
	descriptor int
	name       string // empty if it has none
}

// Len returns the number of sockets of the service manager.
func (p *Passed) Len() int { return len(p.sockets) }

// addresses returns the addresses of all sockets of the service manager.
func (p *Passed) addresses() []Address {
	list := p.addressesOfManager()
	for _, s := range p.sockets {
		list = append(list, Address{kind: descriptor, place: strconv.Itoa(s.descriptor)})
	}
	return list
}

// unused returns the names of the sockets that have not been opened.
func (p *Passed) unused() []string {
	var names []string
	for _, s := range p.sockets {
		if !p.used[s.descriptor] {
			names = append(names, "fd:"+s.text())
		}
	}
	return names
}

func (s passedSocket) text() string {
	if s.name == "" {
		return strconv.Itoa(s.descriptor)
	}
	return s.name
}

// open opens a socket by its number, or all sockets of a name.
func (p *Passed) open(place string) ([]net.Listener, error) {
	if number, err := strconv.Atoi(place); err == nil {
		return one(p.take(number))
	}
	var list []net.Listener
	for _, s := range p.sockets {
		if s.name != place {
			continue
		}
		l, err := p.take(s.descriptor)
		if err != nil {
			return list, err
		}
		list = append(list, l)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("no socket of this name was passed to the process: %s", p.available())
	}
	return list, nil
}

// available describes the sockets for an error.
func (p *Passed) available() string {
	if p.Len() == 0 {
		return "it was passed none; systemd passes those of the unit's .socket files, with the names of FileDescriptorName="
	}
	text := "it has"
	for _, s := range p.sockets {
		text += " fd:" + s.text()
	}
	return text
}

func (p *Passed) take(number int) (net.Listener, error) {
	if p.used[number] {
		return nil, errors.New("the descriptor is given twice")
	}
	if err := checkListening(number); err != nil {
		return nil, err
	}
	p.used[number] = true
	file := os.NewFile(uintptr(number), "fd:"+strconv.Itoa(number)) //nolint:gosec // a valid descriptor is not negative
	l, err := net.FileListener(file)                                // has a duplicate of the descriptor
	return l, errors.Join(err, file.Close())
}

// FromManager returns the sockets that the service manager has passed to this process, removes the variables that describe them
// from the environment, and keeps the descriptors from being inherited by child processes. It is called before any process is
// started, and once.
func FromManager() (*Passed, error) {
	passed, err := parsePassed(os.Getenv("LISTEN_PID"), os.Getenv("LISTEN_FDS"), os.Getenv("LISTEN_FDNAMES"))
	for _, name := range []string{"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "LISTEN_PIDFDID"} {
		err = errors.Join(err, os.Unsetenv(name))
	}
	for _, s := range passed.sockets {
		closeOnExec(s.descriptor)
	}
	return passed, err
}

// inUseError reports that an address is in use. errors.Is reports it as syscall.EADDRINUSE.
type inUseError struct{ address Address }

func (e inUseError) Error() string {
	return fmt.Sprintf("cannot listen on %s: the address is in use; choose another with --port or --listen", e.address)
}

func (inUseError) Unwrap() error { return syscall.EADDRINUSE }
