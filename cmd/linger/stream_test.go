package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
)

// device is a descriptor that a test lets through, blocks or breaks.
type device struct {
	mu      sync.Mutex
	text    bytes.Buffer
	broken  error
	part    int           // bytes that a broken write takes nevertheless
	blocked chan struct{} // nil: it takes everything at once
}

func (d *device) Write(p []byte) (int, error) {
	d.mu.Lock()
	blocked := d.blocked
	d.mu.Unlock()
	if blocked != nil {
		<-blocked
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.broken != nil {
		n := min(d.part, len(p))
		d.part = 0
		d.text.Write(p[:n])
		return n, d.broken
	}
	return d.text.Write(p)
}

func (d *device) set(change func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	change()
}

// lines returns what was written since the last call, the notices shortened.
func (d *device) lines() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	text := strings.TrimSuffix(d.text.String(), "\n")
	d.text.Reset()
	return strings.Split(text, "\n")
}

func testStream(t *testing.T, test func(d *device, s *stream)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		d := &device{}
		s := newStream(d)
		s.announce(func(lines int) []byte { return fmt.Appendf(nil, "[%d dropped]\n", lines) })
		test(d, s)
		close(s.more)
	})
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("the output is %q; got %q", want, got)
	}
}

func TestStreamWriteNeverWaitsAndCountsWhatItDrops(t *testing.T) {
	testStream(t, func(d *device, s *stream) {
		d.blocked = make(chan struct{})
		s.printf("first\n")
		synctest.Wait() // the goroutine stands still in the write
		long := strings.Repeat("x", maxQueued/4-1)
		for range 6 {
			s.printf("%s\n", long)
		}
		s.printf("two\nlines\n") // dropped, though they would fit: lines keep their order
		close(d.blocked)
		d.set(func() { d.blocked = nil })
		synctest.Wait()
		wantLines(t, d.lines(), "first", long, long, long, long, "[4 dropped]")
		s.printf("again\n")
		synctest.Wait()
		wantLines(t, d.lines(), "again")
	})
}

func TestStreamReportsLinesThatCouldNotBeWritten(t *testing.T) {
	testStream(t, func(d *device, s *stream) {
		d.broken = os.ErrClosed
		for range 3 {
			s.printf("lost\n")
			synctest.Wait()
		}
		d.set(func() { d.broken = nil })
		s.printf("again\n")
		synctest.Wait()
		wantLines(t, d.lines(), "[3 dropped]", "again")
	})
}

func TestStreamANoticeBeginsALineOfItsOwn(t *testing.T) {
	testStream(t, func(d *device, s *stream) {
		d.broken, d.part = errors.New("no space left"), 3
		s.printf("a line\n")
		synctest.Wait()
		d.set(func() { d.broken = nil })
		s.printf("again\n")
		synctest.Wait()
		wantLines(t, d.lines(), "a l", "[1 dropped]", "again")
	})
}

func TestStreamTakesALineLongerThanItsBound(t *testing.T) {
	testStream(t, func(d *device, s *stream) {
		long := strings.Repeat("x", 2*maxQueued)
		s.printf("%s\n", long)
		s.printf("after\n")
		s.flush()
		got := d.lines()
		if len(got) < 1 || got[0] != long {
			t.Error("a line that is longer than the bound is written whole")
		}
	})
}

func TestStreamFlushIsBounded(t *testing.T) {
	testStream(t, func(d *device, s *stream) {
		d.blocked = make(chan struct{})
		s.printf("stuck\n")
		s.flush() // returns, or the test is a deadlock
		close(d.blocked)
		d.set(func() { d.blocked = nil })
		s.flush()
		wantLines(t, d.lines(), "stuck")
	})
}

func TestStreamWritesWholeLines(t *testing.T) {
	long := strings.Repeat("x", maxWrite)
	for text, want := range map[string]int{
		"a\nb\n":             4,
		"a\n" + long + "\n":  2,
		long + "\nb\n":       len(long) + 1,
		long + "y":           len(long) + 1,
		long[:99] + "\nb":    101,
		"\n\n" + long + long: 2,
	} {
		if got := chunk([]byte(text)); got != want {
			t.Errorf("of %d bytes that begin %.10q %d are written at once; got %d", len(text), text, want, got)
		}
	}
}

func TestStreamsOfOneFileAreOne(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = reader.Close(), writer.Close() }()
	one := openStreams(writer, writer)
	if one.out != one.err {
		t.Error("standard output and error that are one pipe share a stream, so that lines keep their order")
	}
	other, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if two := openStreams(writer, other); two.out == two.err {
		t.Error("two files have a stream each, so that one that is stuck does not hold up the other")
	}
}
