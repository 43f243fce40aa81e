//go:build linux

package load

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"
)

// CPU returns the CPU time of a process, user and system, of all its threads, including those
// that have ended. It reads the clock of clock_getcpuclockid(3), because /proc/PID/stat has a
// resolution of 10 ms.
func CPU(pid int) (time.Duration, error) {
	clock := int32(^pid)<<3 | 2 // CPUCLOCK_SCHED of a process
	var t syscall.Timespec
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&t)), 0)
	if errno != 0 {
		return 0, fmt.Errorf("CPU time of process %d: %w", pid, errno)
	}
	return time.Duration(t.Nano()), nil
}

// RSS returns the resident memory of a process in bytes. It is counted in the page tables,
// because the value in /proc/PID/status is delayed on machines with several cores.
func RSS(pid int) (int64, error) { return memory(pid, "Rss") }

// memory returns a value of smaps_rollup in bytes.
func memory(pid int, name string) (int64, error) {
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(rollup), "\n"+name+":")
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, errors.New("smaps_rollup has no line " + name)
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10, err
}

// tick is the unit of CPU times in /proc: sysconf(_SC_CLK_TCK) is 100 on Linux.
const tick = 10 * time.Millisecond

// busy returns the CPU time of all cores together, with a resolution of 10 ms. It is the sum
// of the columns of the cpu line in proc_stat(5) without idle, iowait and guest, which is
// included in user.
func busy() (time.Duration, error) {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	var ticks int64
	for i, field := range strings.Fields(line) {
		const idle, iowait, guest = 4, 5, 9
		if i == 0 || i == idle || i == iowait || i >= guest {
			continue
		}
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("/proc/stat: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * tick, nil
}
