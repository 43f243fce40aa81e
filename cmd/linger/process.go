package main

import (
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
}

// openProcess opens the log and the listener of the administration, and begins to handle SIGHUP. It is called before child processes
// are started, which must not inherit the sockets that were passed to this one.
func openProcess(out *streams, l logFlags, a adminFlags) (*process, error) {
	p := &process{log: l.open(out)}
	var err error
	if p.passed, err = listen.FromManager(); err != nil {
		return nil, err
	}
	if p.admin, err = a.openAdmin(p.log.Logger); err != nil {
		return nil, err
	}
	p.signals, p.manager = notify(), systemd.New(p.log.Logger)
	return p, nil
}

// close sends the last messages to the service manager, and ends the administration.
func (p *process) close() {
	p.manager.Close()
	p.admin.close()
}
