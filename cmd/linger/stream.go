package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

const (
	// maxQueued bounds the queue of a stream, in bytes. A single line may be longer.
	maxQueued = 4 << 20

	// maxWrite bounds a single write, in bytes. It is PIPE_BUF of Linux, so that writes to a pipe are atomic and the
	// lines of several processes do not mix (POSIX, write).
	maxWrite = 4 << 10

	// flushStep is how long flush waits for a write to return.
	flushStep = time.Second

	// flushTime is how long flush waits in total.
	flushTime = 5 * time.Second
)

// stream writes lines to a descriptor whose reader may be slow, stalled or gone. Write neither blocks nor fails: a
// goroutine writes the queued lines. Lines that do not fit into the queue, and lines that cannot be written, are dropped;
// when a write succeeds again, a notice with their number appears in their place.
type stream struct {
	to   io.Writer
	wake chan struct{} // wakes the writing goroutine after a Write; has room for one element

	mu       sync.Mutex
	notice   func(lines int) []byte // returns the line that replaces dropped lines
	queue    []byte                 // whole lines
	dropped  int                    // number of lines dropped because the queue was full, after those in queue
	writing  bool                   // the goroutine is writing lines that it has removed from the queue
	progress chan struct{}          // closed and replaced when a write returns

	// The following fields are used only by the writing goroutine.
	unwritten int  // number of lines whose write failed and for which no notice has been written
	midLine   bool // the last write ended within a line
}

// newStream returns a stream that writes to to, and starts its goroutine.
func newStream(to io.Writer) *stream {
	s := &stream{to: to, wake: make(chan struct{}, 1), progress: make(chan struct{}), notice: textNotice}
	go s.writeLoop()
	return s
}

// Write queues p, which must consist of whole lines. It always succeeds.
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	if s.dropped > 0 || len(s.queue) > 0 && len(s.queue)+len(p) > maxQueued {
		s.dropped += countLines(p)
	} else {
		s.queue = append(s.queue, p...)
	}
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default: // a wake-up is already pending
	}
	return len(p), nil
}

// printf queues a formatted text, which must consist of whole lines.
func (s *stream) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(s, format, args...) // Write never fails
}

// setDropNotice sets the function that formats the notice for dropped lines.
func (s *stream) setDropNotice(notice func(lines int) []byte) {
	s.mu.Lock()
	s.notice = notice
	s.mu.Unlock()
}

// flush waits until all lines have been written. It gives up after flushTime, and when no write returns for flushStep.
func (s *stream) flush() {
	deadline := time.After(flushTime)
	for {
		s.mu.Lock()
		idle, progress := len(s.queue) == 0 && s.dropped == 0 && !s.writing, s.progress
		s.mu.Unlock()
		if idle {
			return
		}
		select {
		case <-progress:
		case <-time.After(flushStep):
			return
		case <-deadline:
			return
		}
	}
}

// writeLoop writes queued lines until the process ends.
func (s *stream) writeLoop() {
	for range s.wake {
		for lines := s.dequeueAll(); lines != nil; lines = s.dequeueAll() {
			s.writeAll(lines)
		}
	}
}

// dequeueAll removes and returns all queued lines, or nil if there are none. The notice for dropped lines comes last,
// because Write queues no line after one that it has dropped.
func (s *stream) dequeueAll() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := s.queue
	s.queue = nil
	if s.dropped > 0 {
		lines = append(lines, s.notice(s.dropped)...)
		s.dropped = 0
	}
	s.writing = len(lines) > 0
	if !s.writing {
		return nil
	}
	return lines
}

// writeAll writes lines in chunks.
func (s *stream) writeAll(lines []byte) {
	for len(lines) > 0 {
		n := chunk(lines)
		s.writeChunk(lines[:n])
		lines = lines[n:]
	}
	s.mu.Lock()
	s.writing = false
	s.notifyProgress()
	s.mu.Unlock()
}

// writeChunk writes the notice for lines whose write has failed, if there are any, and then lines. If a write fails, the
// lines are counted as unwritten.
func (s *stream) writeChunk(lines []byte) {
	if s.unwritten > 0 && !s.writeNotice() {
		s.unwritten += countLines(lines)
		return
	}
	n, err := s.to.Write(lines)
	if n > 0 {
		s.midLine = lines[n-1] != '\n'
	}
	if err != nil {
		s.unwritten += countLines(lines[n:])
	}
	s.mu.Lock()
	s.notifyProgress()
	s.mu.Unlock()
}

// writeNotice writes the notice for unwritten lines on a separate line, and reports whether that succeeded.
func (s *stream) writeNotice() bool {
	s.mu.Lock()
	notice := s.notice(s.unwritten)
	s.mu.Unlock()
	if s.midLine {
		notice = append([]byte{'\n'}, notice...)
	}
	n, err := s.to.Write(notice)
	if n > 0 {
		s.midLine = notice[n-1] != '\n'
	}
	if err != nil {
		return false
	}
	s.unwritten = 0
	return true
}

// notifyProgress wakes flush. s.mu must be held.
func (s *stream) notifyProgress() {
	close(s.progress)
	s.progress = make(chan struct{})
}

// chunk returns the number of bytes of lines to write at once: as many whole lines as fit into maxWrite, but at least
// one.
func chunk(lines []byte) int {
	if len(lines) <= maxWrite {
		return len(lines)
	}
	if end := bytes.LastIndexByte(lines[:maxWrite], '\n'); end >= 0 {
		return end + 1
	}
	if end := bytes.IndexByte(lines, '\n'); end >= 0 {
		return end + 1
	}
	return len(lines)
}

// countLines returns the number of lines in text, including a last one without a newline.
func countLines(text []byte) int {
	n := bytes.Count(text, []byte{'\n'})
	if len(text) > 0 && text[len(text)-1] != '\n' {
		n++
	}
	return n
}

// streams are standard output and standard error of the process.
type streams struct {
	out, err *stream
	style    style  // the style of standard error
	outStyle style  // the style of standard output
	flushLog func() // writes the pending lines of the log; nil if there is no log
}

// openStreams returns streams that write to out and err. If both are the same file, they are one stream, so that lines
// keep their order.
func openStreams(out, err *os.File) *streams {
	s := &streams{out: newStream(out), style: styleOf(err, os.Getenv), outStyle: styleOf(out, os.Getenv)}
	s.err = s.out
	if !sameFile(out, err) {
		s.err = newStream(err)
	}
	return s
}

// flush writes the pending lines of the log and flushes both streams, within the bounds of stream.flush.
func (s *streams) flush() {
	if s.flushLog != nil {
		s.flushLog()
	}
	s.err.flush()
	if s.out != s.err {
		s.out.flush()
	}
}

// sameFile reports whether two descriptors refer to the same file.
func sameFile(a, b *os.File) bool {
	first, err := a.Stat()
	if err != nil {
		return false
	}
	second, err := b.Stat()
	return err == nil && os.SameFile(first, second)
}
