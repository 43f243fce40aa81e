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

// device is a writer that a test can block or make fail.
type device struct {
	mu      sync.Mutex
	text    bytes.Buffer
	broken  error         // returned by Write, if it is not nil
	part    int           // number of bytes that the next failing Write accepts
	blocked chan struct{} // Write waits until it is closed, if it is not nil
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

// lines returns the lines written since the last call.
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
		s.setDropNotice(func(lines int) []byte { return fmt.Appendf(nil, "[%d dropped]\n", lines) })
		test(d, s)
		close(s.wake)
	})
}

func wantLines(t *testing.T, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "|") != strings.Join(want, "|") {
		t.Errorf("the output must be %q; got %q", want, got)
	}
}

func TestStreamWriteDropsAndCountsWithoutBlocking(t *testing.T) {
	testStream(t, func(d *device, s *stream) {
		d.blocked = make(chan struct{})
		s.printf("first\n")
		synctest.Wait() // until the goroutine is blocked in Write
		long := strings.Repeat("x", maxQueued/4-1)
		for range 6 {
			s.printf("%s\n", long)
		}
		s.printf("two\nlines\n") // dropped although they would fit, because lines must keep their order
		close(d.blocked)
		d.set(func() { d.blocked = nil })
		synctest.Wait()
		wantLines(t, d.lines(), "first", long, long, long, long, "[4 dropped]")
		s.printf("again\n")
		synctest.Wait()
		wantLines(t, d.lines(), "again")
	})
}

func TestStreamReportsUnwrittenLines(t *testing.T) {
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

func TestStreamNoticeBeginsNewLine(t *testing.T) {
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

func TestStreamWriteAcceptsLineLongerThanQueue(t *testing.T) {
	testStream(t, func(d *device, s *stream) {
		long := strings.Repeat("x", 2*maxQueued)
		s.printf("%s\n", long)
		s.printf("after\n")
		s.flush()
		got := d.lines()
		if len(got) < 1 || got[0] != long {
			t.Error("a line that is longer than the queue must be written whole")
		}
	})
}

func TestStreamFlushIsBounded(t *testing.T) {
	testStream(t, func(d *device, s *stream) {
		d.blocked = make(chan struct{})
		s.printf("stuck\n")
		s.flush() // must return: otherwise synctest reports a deadlock
		close(d.blocked)
		d.set(func() { d.blocked = nil })
		s.flush()
		wantLines(t, d.lines(), "stuck")
	})
}

func TestChunk(t *testing.T) {
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
			t.Errorf("of %d bytes that begin with %.10q, %d must be written at once; got %d", len(text), text, want, got)
		}
	}
}

func TestOpenStreamsSameFile(t *testing.T) {
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = reader.Close(), writer.Close() }()
	one := openStreams(writer, writer)
	if one.out != one.err {
		t.Error("standard output and error must share a stream if they are the same pipe, so that lines keep their order")
	}
	other, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = other.Close() }()
	if two := openStreams(writer, other); two.out == two.err {
		t.Error("two files must have a stream each, so that a blocked one does not delay the other")
	}
}
