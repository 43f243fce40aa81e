//go:build linux

package load

import (
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"testing"
	"time"
)

func TestCPU(t *testing.T) {
	before, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const work = 30 * time.Millisecond
	done := make(chan bool)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine, and its time still counts
		for began := time.Now(); time.Since(began) < work; {
		}
		close(done)
	}()
	<-done
	after, err := CPU(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if after-before < work/10 {
		t.Errorf("another thread worked for %v, but CPU reports %v for the process", work, after-before)
	}
}

func TestCPURSSErrors(t *testing.T) {
	const unused = 1 << 26 // above the largest process ID of Linux
	if _, err := CPU(unused); err == nil {
		t.Error("CPU of a process that does not exist returned no error")
	}
	if _, err := RSS(unused); err == nil {
		t.Error("RSS of a process that does not exist returned no error")
	}
}

// touched maps size bytes of new memory and makes them resident.
func touched(t *testing.T, size int) []byte {
	t.Helper()
	memory, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Error(err)
		return nil
	}
	t.Cleanup(func() { _ = syscall.Munmap(memory) })
	for i := 0; i < size; i += 4096 {
		memory[i] = 1
	}
	return memory
}

func TestRSS(t *testing.T) {
	debug.FreeOSMemory() // otherwise the runtime may do so between the two readings
	before, err := RSS(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	const size = 64 << 20
	touched(t, size)
	after, err := RSS(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if after-before < size/2 {
		t.Errorf("%d bytes became resident, but RSS has grown by %d", size, after-before)
	}
}

func TestBusy(t *testing.T) {
	first, err := busy()
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < 100*time.Millisecond; {
	}
	if then, err := busy(); err != nil || then-first < 10*time.Millisecond {
		t.Errorf("this process worked for 100 ms, but busy has grown by %v, %v", then-first, err)
	}
}
