package process

import (
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/modules"
	"github.com/lingerws/linger/worker/internal/script"
)

// The descriptors of a child.
const (
	callsFD   = 3
	resultsFD = 4
	answersFD = 5
)

// errClosed means that the parent has closed the pipes.
var errClosed = errors.New("the parent has closed the pipes")

// parent calls and asks the functions of the process that has started this one.
type parent struct {
	numbers map[string]uint16
	args    []engine.Value // of the last call that was received
	stored  bool           // the turn has used storage

	mu     sync.Mutex // guards out, which a turn that does not return must not keep from the goroutine that reports it
	out    []byte
	answer []byte // the memory of the last answer
}

// maxKept bounds the calls that wait for the end of the batch, in bytes.
const maxKept = 64 << 10

// readHello reads the names of the functions.
func (p *parent) readHello(kind frameKind, c content) error {
	version := c.uint16()
	if c.err == nil && (kind != frameHello || version != protocolVersion) {
		return fmt.Errorf("%w: the first frame is a hello of version %d", errFrame, protocolVersion)
	}
	names := c.value(0).List()
	p.numbers = make(map[string]uint16, len(names))
	for i, name := range names {
		p.numbers[string(name.Content())] = uint16(i) //nolint:gosec // a list of names
	}
	return c.err
}

// add appends a frame to the batch.
func (p *parent) add(appendTo func(b []byte) []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = appendTo(p.out)
}

// call calls a function. The call leaves at the end of the batch.
func (p *parent) call(function string, args ...engine.Value) {
	if number, ok := p.numbers[function]; ok {
		p.callNumber(number, args)
	}
}

func (p *parent) callNumber(number uint16, args []engine.Value) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = appendCall(p.out, number, args)
	if len(p.out) > maxKept {
		p.write()
	}
}

// caller returns a function that calls a function of the parent.
func (p *parent) caller(name string) modules.Function {
	number := p.numbers[name]
	return func(args []engine.Value) (engine.Value, error) {
		p.callNumber(number, args)
		return engine.Undefined(), nil
	}
}

// forwarder returns a function that calls a function of the parent or, if that has a result or may fail, asks it.
func (p *parent) forwarder(name string) modules.Function {
	if modules.IsCommand(name) {
		return p.caller(name)
	}
	if modules.UsesStorage(name) {
		return func(args []engine.Value) (engine.Value, error) {
			p.stored = true
			return p.ask(name, args)
		}
	}
	return func(args []engine.Value) (engine.Value, error) { return p.ask(name, args) }
}

// endTurn reports the end of a turn that has used storage.
func (p *parent) endTurn() {
	if p.stored {
		p.stored = false
		p.call("endTurn")
	}
}

// handled reports that the child has handled a number of bytes.
func (p *parent) handled(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.out = appendHandled(p.out, n)
}

// flush sends the batch.
func (p *parent) flush() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.write()
}

// write writes the batch. mu is held. If the parent has ended, this process ends.
func (p *parent) write() {
	for b := p.out; len(b) > 0; {
		n, err := writeDescriptor(resultsFD, b)
		if err != nil {
			os.Exit(0)
		}
		b = b[n:]
	}
	p.out = p.out[:0]
	if cap(p.out) > maxSpare {
		p.out = nil
	}
}

// ask calls a function and blocks until there is its result, which is valid until the next ask.
func (p *parent) ask(function string, args []engine.Value) (engine.Value, error) {
	number, ok := p.numbers[function]
	if !ok {
		return engine.Undefined(), fmt.Errorf("the parent has no function %q", function)
	}
	p.mu.Lock()
	start := len(p.out)
	p.out = appendCall(p.out, number, args)
	p.out[start+frameHead] = byte(frameAsk)
	p.write()
	p.mu.Unlock()
	return p.readAnswer()
}

// readAnswer reads the answer to an ask. If the parent has ended, this process ends.
func (p *parent) readAnswer() (engine.Value, error) {
	p.answer = p.fill(p.answer, 0, frameHead+1)
	kind := frameKind(p.answer[frameHead])
	p.answer = p.fill(p.answer, frameHead+1, frameHead+frameLength(p.answer))
	c := content{data: p.answer[frameHead+1:]}
	value := c.value(0)
	if kind == frameException {
		message := c.value(0)
		return engine.Undefined(), &script.Throw{Name: string(value.Content()), Message: string(message.Content())}
	}
	if c.err != nil || kind != frameResult {
		return engine.Undefined(), fmt.Errorf("%w: an answer has the kind %d", errFrame, kind)
	}
	if cap(p.answer) > maxSpare {
		p.answer = nil
	}
	return value, nil
}

// fill reads b[from:to] of the answers.
func (*parent) fill(b []byte, from, to int) []byte {
	if cap(b) < to {
		b = append(make([]byte, 0, max(to, 4<<10)), b[:from]...)
	}
	b = b[:to]
	if _, err := io.ReadFull(descriptor(answersFD), b[from:]); err != nil {
		os.Exit(0)
	}
	return b
}
