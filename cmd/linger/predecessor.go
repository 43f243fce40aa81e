package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"time"

	"github.com/lingerws/linger/admin"
	"github.com/lingerws/linger/cmd/linger/internal/listen"
	"github.com/lingerws/linger/internal/handover"
)

// predecessor is the process that has started this one to hand over to it. A nil predecessor is that of a process which was started by
// something else.
type predecessor struct {
	link   *net.UnixConn
	terms  *handover.Terms
	pid    int
	files  []listen.Inherited
	errors *os.File // its standard error

	began   time.Time
	settled sync.Once
	failed  bool // the old process knows why this one cannot take over

	moved   movedIn
	counted func() entryCounter        // set before take, as is record
	record  func(text string, ok bool) // records the end of the upgrade in the timeline

	mu    sync.Mutex
	state admin.UpgradeStatus
}

// greetTimeout bounds the wait for the answer of the old process to the hello of this one.
const greetTimeout = 10 * time.Second

// findPredecessor returns the process that has started this one to hand over to it, or nil, and says hello to it. It removes what it
// finds from the environment, so that neither the application nor other processes see it.
func findPredecessor() (*predecessor, error) {
	link, err := handover.Inherited()
	if link == nil || err != nil {
		return nil, err
	}
	p := &predecessor{link: link, pid: os.Getppid(), began: time.Now()}
	if err := p.findFiles(os.Getenv(filesVariable)); err != nil {
		return p, err
	}
	if err := os.Unsetenv(filesVariable); err != nil {
		return p, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), greetTimeout)
	defer cancel()
	terms, err := handover.Greet(ctx, link, handover.Greeting{Version: versionNumber()})
	if err != nil {
		p.failed = true // the old process has ended the link
		return p, err
	}
	p.terms = &terms
	return p, nil
}

// findFiles finds the inherited files, whose roles are in JSON.
func (p *predecessor) findFiles(text string) error {
	var roles []string
	if err := json.Unmarshal([]byte(text), &roles); err != nil || len(roles) > maxInherited {
		return fmt.Errorf("the variable %s of the environment is %q: expected the roles of at most %d inherited files; only Linger sets it", filesVariable, text, maxInherited)
	}
	for i, role := range roles {
		closeOnExec(firstInherited + i)
		file := os.NewFile(uintptr(firstInherited+i), role) //nolint:gosec // a small number
		if role == errorsRole {
			p.errors = file
			continue
		}
		p.files = append(p.files, listen.Inherited{Role: role, File: file})
	}
	return nil
}

// maxInherited bounds the number of inherited files.
const maxInherited = 1024

// standardError returns the file for the log of this process: standard error of the old process, because its own is a pipe to that.
func (p *predecessor) standardError() *os.File {
	if p == nil || p.errors == nil {
		return os.Stderr
	}
	return p.errors
}

// passed returns the listeners that the process was started with.
func (p *predecessor) passed() (*listen.Passed, error) {
	if p == nil {
		return listen.FromManager()
	}
	return listen.FromPredecessor(p.files)
}

// refuse says to the old process why this one cannot take over, unless it has taken over or said so.
func (p *predecessor) refuse(reason error) {
	if p == nil || reason == nil {
		return
	}
	p.settled.Do(func() {
		if !p.failed {
			_ = handover.Refuse(p.link, reason) // the old process notices the end of this one too
		}
	})
}

// errChecked ends a process that could have taken over, when the old one only wanted to know that.
var errChecked = exitStatus(0)

// take takes over, and returns when the old process has given up what this one serves. receive does that in the meaning of
// [linger.Server.Receive]. The error is errChecked after a dry run.
func (p *predecessor) take(receive func(ctx context.Context, link *net.UnixConn, old *predecessor) error) error {
	p.state = admin.UpgradeStatus{
		State: admin.UpgradeDraining, Began: p.began, Old: p.pid, New: os.Getpid(), Version: versionNumber(),
		Fixed: []admin.UpgradeFixed{}, Output: []string{},
	}
	p.state.Binary, _ = os.Executable() // "" if it is not known
	p.settled.Do(func() {})
	err := receive(context.Background(), p.link, p)
	switch {
	case errors.Is(err, handover.ErrChecked):
		return errChecked
	case err != nil:
		return fmt.Errorf("the old process goes on: %w", err)
	}
	return nil
}

// replaceErrors makes standard error of the old process that of this one.
func (p *predecessor) replaceErrors() error {
	if p.errors == nil {
		return nil
	}
	return duplicateTo(p.errors, standardErrorFD)
}

const standardErrorFD = 2

// ended is called when the old process has nothing left, or has ended.
func (p *predecessor) ended(err error) {
	moved := int(p.moved.Load())
	p.counted().HandoverTaken(moved)
	p.record(fmt.Sprintf("upgraded: this process has taken over %s of process %d", plural(moved, "connection"), p.pid), err == nil)
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	p.state.State, p.state.Ended = admin.UpgradeComplete, &now
	if err != nil {
		p.state.Error = err.Error()
	}
}

// inProgress reports whether the old process has something left. It may be called on nil.
func (p *predecessor) inProgress() bool {
	s := p.status()
	return s != nil && !s.State.Ended()
}

// status returns the progress of the upgrade to this process, nil without one.
func (p *predecessor) status() *admin.UpgradeStatus {
	if p == nil {
		return nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.state
	s.Moved = int(p.moved.Load())
	return &s
}
