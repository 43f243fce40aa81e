package process

import (
	"errors"
	"os"
)

// A childPipe is a pipe between this process and a child.
type childPipe struct{ ours, theirs *os.File }

// childPipes are the pipes of one child.
type childPipes struct {
	calls, results, answers childPipe
	stdout, stderr          childPipe

	// Nothing is written to lifeline. The system ends the child when its end in this process is closed.
	lifeline childPipe
}

// openChildPipes opens the pipes of a child. The ends of this process do not block threads, and those of the child block it.
func openChildPipes() (p childPipes, err error) {
	var errs []error
	for _, pipe := range []*childPipe{&p.calls, &p.answers, &p.lifeline} {
		errs = append(errs, pipe.open(&pipe.theirs, &pipe.ours))
	}
	for _, pipe := range []*childPipe{&p.results, &p.stdout, &p.stderr} {
		errs = append(errs, pipe.open(&pipe.ours, &pipe.theirs))
	}
	if err = errors.Join(errs...); err != nil {
		p.closeOurs()
		p.closeTheirs()
		return childPipes{}, err
	}
	enlargePipe(p.calls.ours)
	enlargePipe(p.results.ours)
	return p, nil
}

func (*childPipe) open(read, write **os.File) (err error) {
	*read, *write, err = os.Pipe()
	return err
}

// extraFiles returns the descriptors of the child from 3 on.
func (p *childPipes) extraFiles() []*os.File {
	return []*os.File{p.calls.theirs, p.results.theirs, p.answers.theirs, p.lifeline.theirs}
}

// closeTheirs closes the ends of the child in this process.
func (p *childPipes) closeTheirs() {
	for _, pipe := range p.all() {
		_ = pipe.theirs.Close() // the child has its own copy; nil if the pipe could not be opened
	}
}

// closeOurs closes the ends of this process.
func (p *childPipes) closeOurs() {
	for _, pipe := range p.all() {
		_ = pipe.ours.Close() // nothing was written to them
	}
}

func (p *childPipes) all() []childPipe {
	return []childPipe{p.calls, p.results, p.answers, p.stdout, p.stderr, p.lifeline}
}
