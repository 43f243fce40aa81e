package main

import (
	"context"
	"net"
	"slices"

	"github.com/lingerws/linger/cmd/linger/internal/listen"
	"github.com/lingerws/linger/cmd/linger/internal/systemd"
)

// process is what the process of a server has before it has the server.
type process struct {
	log     logs
	passed  *listen.Passed  // the sockets that the process was started with
	admin   *administration // nil if it is off
	signals *signals
	manager *systemd.Notifier
	old     *predecessor // nil unless this process is to take over
	pidFile string       // "" unless it has been written
}

// openProcess opens the log and the listener of the administration, and begins to handle SIGHUP. It is called before child processes
// are started, which must not inherit the sockets that were passed to this one.
func openProcess(out *streams, old *predecessor, l logFlags, a adminFlags) (*process, error) {
	p := &process{log: l.open(out), old: old}
	var err error
	if p.passed, err = old.passed(); err != nil {
		return nil, err
	}
	if p.admin, err = a.openAdmin(p.passed, p.log.Logger); err != nil {
		return nil, err
	}
	p.signals, p.manager = notify(), systemd.New(p.log.Logger)
	return p, nil
}

// begin takes over from the old process, if there is one, and then handles the signals that end this process. receive is called with the
// link to the old process, and returns when that serves nothing more.
func (p *process) begin(pidFile string, s sockets, receive func(ctx context.Context, link *net.UnixConn, old *predecessor) error) error {
	if p.old != nil {
		p.old.counted, p.old.record = p.admin.counter, p.admin.recordUpgrade
		p.admin.counter().HandoverBegun()
		if err := p.old.take(receive); err != nil {
			return err
		}
		if err := p.old.replaceErrors(); err != nil { // the connections have moved
			p.log.Error("a crash of this process will not be seen: its standard error cannot be that of the old one", "error", err)
		}
		p.sockets(s).own(true)
		if err := p.passed.CloseUnused(); err != nil {
			p.log.Warn("a listener that the settings do not have cannot be closed", "error", err)
		}
	}
	p.signals.notifyShutdown() // before an address is printed: a program that reads it may send a signal at once
	err := writePIDFile(pidFile)
	if err != nil && p.old != nil { // the connections have moved
		p.log.Error("the file of the process id still has that of the old process", "error", err)
		err = nil
	}
	p.pidFile = pidFile
	return err
}

// sockets returns those of the administration in addition to others.
func (p *process) sockets(others sockets) sockets {
	if p.admin == nil {
		return others
	}
	return append(slices.Clip(others), p.admin.socket)
}

// close sends the last messages to the service manager, ends the administration and removes the file of the process id.
func (p *process) close() {
	if err := removePIDFile(p.pidFile); err != nil {
		p.log.Warn("the file of the process id cannot be removed", "error", err)
	}
	p.manager.Close()
	p.admin.close()
}
