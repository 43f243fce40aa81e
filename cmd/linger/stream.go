package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// The bounds of a stream.
const (
	maxQueued = 4 << 20         // bytes of lines that wait to be written; a single line may be longer
	maxWrite  = 4 << 10         // bytes of one write; POSIX's PIPE_BUF on Linux, so that lines of several processes do not mix
	flushStep = time.Second     // how long the end of the process waits for a write to make progress
	flushTime = 5 * time.Second // how long it waits in all
)

// stream writes lines to a descriptor whose reader may be slow, stalled or gone. Write
// never waits and never fails: a goroutine writes what is queued. Lines that find the
// queue full, and lines that cannot be written, are dropped; a notice with their number
// stands in their place when writing works again.
type stream struct {
	to   io.Writer
	more chan struct{} // has an element when something was queued since the last look

	mu       sync.Mutex
	notice   func(lines int) []byte // the line in place of those that were dropped
	queue    []byte                 // whole lines
	dropped  int                    // lines that came after those in queue
	busy     bool                   // the goroutine has taken lines and is not done with them
	progress chan struct{}          // closed when a write returns

	// What belongs to the goroutine.
	lost int  // lines that could not be written, before those taken next
	torn bool // the last write ended within a line
}

// newStream returns a stream that writes to a descriptor.
func newStream(to io.Writer) *stream {
	s := &stream{to: to, more: make(chan struct{}, 1), progress: make(chan struct{}), notice: textNotice}
	go s.run()
	return s
}

// Write queues p, which holds whole lines.
func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	if s.dropped > 0 || len(s.queue) > 0 && len(s.queue)+len(p) > maxQueued {
		s.dropped += countLines(p)
	} else {
		s.queue = append(s.queue, p...)
	}
	s.mu.Unlock()
	select {
	case s.more <- struct{}{}:
	default: // the goroutine has not looked yet
	}
	return len(p), nil
}

// printf queues a formatted text, which holds whole lines.
func (s *stream) printf(format string, args ...any) {
	_, _ = fmt.Fprintf(s, format, args...) // Write never fails
}

// announce sets how the stream reports dropped lines.
func (s *stream) announce(notice func(lines int) []byte) {
	s.mu.Lock()
	s.notice = notice
	s.mu.Unlock()
}

// flush waits until everything is written, as long as writing makes progress and within
// flushTime.
func (s *stream) flush() {
	deadline := time.After(flushTime)
	for {
		s.mu.Lock()
		idle, progress := len(s.queue) == 0 && s.dropped == 0 && !s.busy, s.progress
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

// run writes what is queued until the process ends.
func (s *stream) run() {
	for range s.more {
		for lines := s.take(); lines != nil; lines = s.take() {
			s.writeAll(lines)
		}
	}
}

// take returns all lines that are queued, nil if there are none. The notice of lines that
// found no room comes last: nothing was queued after them.
func (s *stream) take() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := s.queue
	s.queue = nil
	if s.dropped > 0 {
		lines = append(lines, s.notice(s.dropped)...)
		s.dropped = 0
	}
	s.busy = len(lines) > 0
	if !s.busy {
		return nil
	}
	return lines
}

// writeAll writes lines, and before them the notice of those that could not be written
// earlier.
func (s *stream) writeAll(lines []byte) {
	for len(lines) > 0 {
		n := chunk(lines)
		s.writeChunk(lines[:n])
		lines = lines[n:]
	}
	s.mu.Lock()
	s.busy = false
	s.report()
	s.mu.Unlock()
}

func (s *stream) writeChunk(lines []byte) {
	if s.lost > 0 && !s.writeNotice() {
		s.lost += countLines(lines)
		return
	}
	n, err := s.to.Write(lines)
	if n > 0 {
		s.torn = lines[n-1] != '\n'
	}
	if err != nil {
		s.lost += countLines(lines[n:])
	}
	s.mu.Lock()
	s.report()
	s.mu.Unlock()
}

// writeNotice reports the lines that could not be written, and whether that worked.
func (s *stream) writeNotice() bool {
	s.mu.Lock()
	notice := s.notice(s.lost)
	s.mu.Unlock()
	if s.torn {
		notice = append([]byte{'\n'}, notice...)
	}
	n, err := s.to.Write(notice)
	if n > 0 {
		s.torn = notice[n-1] != '\n'
	}
	if err != nil {
		return false
	}
	s.lost = 0
	return true
}

// report lets flush look again.
func (s *stream) report() {
	close(s.progress)
	s.progress = make(chan struct{})
}

// chunk returns how much of lines to write at once: as many whole lines as fit into
// maxWrite, at least one.
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

// countLines counts lines, an unfinished last one too.
func countLines(text []byte) int {
	n := bytes.Count(text, []byte{'\n'})
	if len(text) > 0 && text[len(text)-1] != '\n' {
		n++
	}
	return n
}

// streams are the two outputs of the process.
type streams struct {
	out, err *stream
	look     look   // of standard error
	last     func() // writes the last lines of a log; nil if there is none
}

// openStreams returns the streams of standard output and standard error. Where both are
// the same file they are one stream, so that lines keep their order.
func openStreams(out, err *os.File) *streams {
	s := &streams{out: newStream(out), look: lookOf(err, os.Getenv)}
	s.err = s.out
	if !sameFile(out, err) {
		s.err = newStream(err)
	}
	return s
}

// flush waits, within the bounds of a stream, until everything is written.
func (s *streams) flush() {
	if s.last != nil {
		s.last()
	}
	s.err.flush()
	if s.out != s.err {
		s.out.flush()
	}
}

func sameFile(a, b *os.File) bool {
	first, err := a.Stat()
	if err != nil {
		return false
	}
	second, err := b.Stat()
	return err == nil && os.SameFile(first, second)
}
