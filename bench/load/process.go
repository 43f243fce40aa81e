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

// CPU returns the processor time of a process so far, user and system, in nanoseconds:
// of all its threads, those included that have ended. It is the clock that
// clock_getcpuclockid(3) names; /proc/PID/stat tells the same in steps of 10 ms.
func CPU(pid int) (time.Duration, error) {
	clock := int32(^pid)<<3 | 2 // CPUCLOCK_SCHED of a process
	var t syscall.Timespec
	_, _, errno := syscall.RawSyscall(syscall.SYS_CLOCK_GETTIME, uintptr(clock), uintptr(unsafe.Pointer(&t)), 0)
	if errno != 0 {
		return 0, fmt.Errorf("the processor time of process %d: %w", pid, errno)
	}
	return time.Duration(t.Nano()), nil
}

// RSS returns how much memory of a process is resident, in bytes. It is counted in the
// page tables: the sum in /proc/PID/status lags behind on a machine with several cores.
func RSS(pid int) (int64, error) {
	rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(rollup), "\nRss:")
	fields := strings.Fields(rest)
	if !found || len(fields) == 0 {
		return 0, errors.New("smaps_rollup has no line Rss")
	}
	kib, err := strconv.ParseInt(fields[0], 10, 64)
	return kib << 10, err
}

// busy returns the time that all cores together have been at work so far, in steps of
// 10 ms: all columns of the cpu line of proc_stat(5) but idle and iowait, and the guests
// that user contains.
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
	const tick = 10 * time.Millisecond // sysconf(_SC_CLK_TCK) is 100 on Linux
	return time.Duration(ticks) * tick, nil
}
