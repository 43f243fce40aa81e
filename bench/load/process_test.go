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

func TestCPUCountsAllThreads(t *testing.T) {
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
		t.Errorf("a thread was at work for %v, and the process has used %v", work, after-before)
	}
}

func TestProcessesThatAreNotThereAreAnError(t *testing.T) {
	const nobody = 1 << 26 // above what Linux gives
	if _, err := CPU(nobody); err == nil {
		t.Error("the processor time of a process that does not exist must be an error")
	}
	if _, err := RSS(nobody); err == nil {
		t.Error("the memory of a process that does not exist must be an error")
	}
}

// touched returns memory that nobody had before, and that is resident.
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

func TestRSSGrowsWithWhatIsTouched(t *testing.T) {
	debug.FreeOSMemory() // or it may be given back meanwhile
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
		t.Errorf("%d bytes were touched, and the process has grown by %d", size, after-before)
	}
}

func TestTheMachineIsBusyWhileWeAre(t *testing.T) {
	first, err := busy()
	if err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); time.Since(began) < 100*time.Millisecond; {
	}
	if then, err := busy(); err != nil || then-first < 10*time.Millisecond {
		t.Errorf("this process was at work for 100 ms, and the machine says %v, %v", then-first, err)
	}
}
