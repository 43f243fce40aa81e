//go:build unix

package storage

import (
	"encoding/binary"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// residentMemory returns the memory of the process in bytes.
func residentMemory() int64 {
	runtime.GC()
	b, _ := os.ReadFile("/proc/self/statm")
	var total, resident int64
	_, _ = fmt.Sscan(strings.TrimSpace(string(b)), &total, &resident)
	return resident * int64(os.Getpagesize())
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkManyObjects writes once a second to each of 10,000 objects, for as many seconds as b.N.
func BenchmarkManyObjects(b *testing.B) {
	for _, open := range []int{10_500, 2000} {
		b.Run(fmt.Sprintf("open=%d", open), func(b *testing.B) { benchmarkManyObjects(b, 10_000, open) })
	}
}

func benchmarkManyObjects(b *testing.B, count, open int) {
	s, err := Open(b.TempDir(), Options{MaxOpen: open})
	if err != nil {
		b.Fatal(err)
	}
	before := residentMemory()
	objects := make([]*Object, count)
	for i := range objects {
		if objects[i], err = s.Object("Room", fmt.Sprint(i)); err != nil {
			b.Fatal(err)
		}
	}
	var pending sync.WaitGroup
	value := make([]byte, 100)
	write := func(o *Object, round int) {
		binary.LittleEndian.PutUint64(value, uint64(round)+1)
		if err := o.Put(Pair{"count", value}); err != nil {
			b.Fatal(err)
		}
		pending.Add(1)
		if _, err := o.Commit(func(error) { pending.Done() }); err != nil {
			b.Fatal(err)
		}
	}
	for _, o := range objects {
		write(o, 0)
	}
	pending.Wait()
	memory := residentMemory() - before
	syncs, processor, start := s.Status().Syncs, processorTime(), time.Now()
	b.ResetTimer()
	for round := range b.N {
		for i, o := range objects {
			if i%10 == 0 {
				time.Sleep(time.Until(start.Add(time.Duration(round)*time.Second + time.Duration(i)*time.Second/time.Duration(count))))
			}
			write(o, round+1)
		}
		time.Sleep(time.Until(start.Add(time.Duration(round+1) * time.Second)))
	}
	pending.Wait()
	elapsed := time.Since(start).Seconds()
	b.ReportMetric(float64(s.Status().Syncs-syncs)/elapsed, "syncs/s")
	b.ReportMetric(float64(count*b.N)/elapsed, "commits/s")
	b.ReportMetric((processorTime()-processor).Seconds()/elapsed*100, "%cpu")
	b.ReportMetric(float64(memory)/float64(min(count, open))/1024, "KiB/object")
	b.ReportMetric(float64(s.committer.active.size)/1e6, "MB-log")
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkPutCommit(b *testing.B) {
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	o, _ := s.Object("Room", "a")
	var pending sync.WaitGroup
	value := make([]byte, 100)
	for b.Loop() {
		binary.LittleEndian.PutUint64(value, binary.LittleEndian.Uint64(value)+1)
		if err := o.Put(Pair{"count", value}); err != nil {
			b.Fatal(err)
		}
		pending.Add(1)
		if ok, err := o.Commit(func(error) { pending.Done() }); !ok {
			b.Fatal(err)
		}
	}
	pending.Wait()
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkGet(b *testing.B) {
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	o, _ := s.Object("Room", "a")
	_ = o.Put(Pair{"count", []byte("x")})
	for b.Loop() {
		if _, err := o.Get("count"); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func BenchmarkOpenGetClose(b *testing.B) {
	s, err := Open(b.TempDir(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	o, _ := s.Object("Room", "a")
	_ = o.Put(Pair{"count", []byte("x")})
	done := make(chan error)
	_, _ = o.Commit(func(err error) { done <- err })
	if err := <-done; err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		_ = o.Close()
		if _, err := o.Get("count"); err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}
