//go:build !unix

package process

import (
	"errors"
	"time"
)

// This system has no pipes with the numbers of a child, so that no child is started.

var errNoPipes = errors.New("a child process cannot run the engine on this system")

type descriptor int

func (descriptor) Read([]byte) (int, error) { return 0, errNoPipes }

func writeDescriptor(int, []byte) (int, error) { return 0, errNoPipes }

type callReader struct{}

func (*callReader) open() error { return errNoPipes }

func (*callReader) next() (frameKind, content, bool, error) { return 0, content{}, false, errNoPipes }

func (*callReader) buffered() bool { return false }

func (*callReader) wait(*waker, time.Duration) error { return errNoPipes }

type waker struct{}

func (*waker) open() error { return errNoPipes }

func (*waker) pass(<-chan struct{}) {}
