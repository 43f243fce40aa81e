package process

import (
	"bufio"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/internal/queue"
)

const (
	// maxLine bounds a line of the output in bytes. The rest of a longer line is dropped, and cutMark is added.
	maxLine = 64 << 10
	cutMark = " … (the rest of the line was dropped)"

	// maxOutput bounds the lines of a child that are not printed yet, in bytes. Further lines are dropped and counted.
	maxOutput = 256 << 10

	// lineOverhead is what a line counts against maxOutput beside its text.
	lineOverhead = 64

	// maxErrorLines and maxErrorLine bound the last lines of standard error that are kept for the ending: their number, and the bytes
	// of each.
	maxErrorLines = 32
	maxErrorLine  = 1 << 10
)

// An outputLine is a line, or the number of lines that were dropped in its place.
type outputLine struct {
	stderr  bool
	text    string
	dropped int
}

// output passes the lines that a child writes to the functions of its spec. The child is never blocked for long: lines for which
// there is no room are dropped.
type output struct {
	spec           childSpec
	stdout, stderr *os.File
	readers        sync.WaitGroup
	printed        chan struct{} // closed when the last line is printed

	mu       sync.Mutex
	changed  sync.Cond // a line was added, or complete was set
	lines    queue.Queue[outputLine]
	dropped  int      // the lines dropped since the last one in lines
	errors   []string // the last lines of standard error
	complete bool     // no line follows

	// take, if not nil, is called with each line of standard error, and reports whether the line is not to be printed.
	take func(line string) bool
}

// startOutput begins to read the output of a child.
func startOutput(spec childSpec, stdout, stderr *os.File) *output {
	o := &output{spec: spec, stdout: stdout, stderr: stderr, printed: make(chan struct{})}
	o.changed.L = &o.mu
	o.readers.Go(func() { o.read(stdout, false) })
	o.readers.Go(func() { o.read(stderr, true) })
	go o.printAll()
	return o
}

// finish waits, for a limited time each, until the rest of the output is read and until it is printed.
func (o *output) finish(limit time.Duration) {
	deadline := time.Now().Add(limit)
	_ = o.stdout.SetReadDeadline(deadline) // pipes have deadlines
	_ = o.stderr.SetReadDeadline(deadline)
	o.readers.Wait()
	o.mu.Lock()
	o.complete = true
	o.mu.Unlock()
	o.changed.Signal()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-o.printed:
	case <-timer.C: // the goroutine continues to print
	}
}

// read adds the lines of one stream until its end.
func (o *output) read(stream *os.File, stderr bool) {
	defer func() { _ = stream.Close() }()
	in := bufio.NewReaderSize(stream, 16<<10)
	var line []byte
	cut := false
	for {
		part, more, err := in.ReadLine() // the last part of a line without an end is returned without an error
		if err != nil {
			return // the end, or the deadline of finish
		}
		kept := min(len(part), maxLine-len(line))
		line = append(line, part[:kept]...)
		cut = cut || kept < len(part)
		if more {
			continue
		}
		o.add(stderr, line, cut)
		line, cut = line[:0], false
	}
}

// add queues a line.
func (o *output) add(stderr bool, line []byte, cut bool) {
	text := strings.ToValidUTF8(string(line), "\uFFFD")
	if cut {
		text += cutMark
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if stderr && o.take != nil && o.take(text) {
		return
	}
	if stderr {
		o.keepError(text)
	}
	if o.lines.Bytes() > 0 && (o.dropped > 0 || o.lines.Bytes()+len(text) > maxOutput) {
		o.dropped++
		return
	}
	o.pushDropped()
	o.lines.Push(outputLine{stderr: stderr, text: text}, len(text)+lineOverhead)
	o.changed.Signal()
}

// intercept sets a function that is called with the lines of standard error, and reports which ones are not to be printed. It must return at once.
func (o *output) intercept(take func(line string) bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.take = take
}

// pushDropped queues the number of lines that were dropped since the last line. mu is held.
func (o *output) pushDropped() {
	if o.dropped > 0 {
		o.lines.Push(outputLine{dropped: o.dropped}, lineOverhead)
		o.dropped = 0
	}
}

// keepError remembers a line of standard error. mu is held.
func (o *output) keepError(text string) {
	if len(o.errors) == maxErrorLines {
		o.errors = append(o.errors[:0], o.errors[1:]...)
	}
	o.errors = append(o.errors, strings.ToValidUTF8(text[:min(len(text), maxErrorLine)], ""))
}

// lastErrors returns the last lines of standard error.
func (o *output) lastErrors() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.errors
}

// printAll prints lines until the output is complete.
func (o *output) printAll() {
	defer close(o.printed)
	for {
		line, ok := o.next()
		switch {
		case !ok:
			return
		case line.dropped > 0:
			o.spec.reportDropped(line.dropped)
		default:
			o.spec.printLine(line.stderr, line.text)
		}
	}
}

// next waits for the next line. It reports false at the end of the output.
func (o *output) next() (outputLine, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for o.lines.Len() == 0 && o.dropped == 0 && !o.complete {
		o.changed.Wait()
	}
	if o.lines.Len() == 0 {
		o.pushDropped()
	}
	line, _, ok := o.lines.Pop()
	return line, ok
}
