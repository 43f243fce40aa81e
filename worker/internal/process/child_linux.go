package process

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// prepareGroup makes a command start in a process group of its own.
func prepareGroup(command *exec.Cmd) error {
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return nil
}

// tieToGroup makes the kernel kill a process group when the other end of a pipe is closed, which happens at the latest when this
// process ends, in whatever way: the kernel then sends a signal about the pipe, and the signal is SIGKILL. (PR_SET_PDEATHSIG
// does not suffice: it concerns a single process, and the end of a thread.) read is an end to which nothing is written, and which the
// process with the given number, the leader of the group, keeps open. If the kernel refuses, a child still ends at the end of its descriptor 3.
func tieToGroup(read *os.File, leader int) {
	fd := read.Fd()
	flags, err := unix.FcntlInt(fd, unix.F_GETFL, 0)
	if err != nil {
		return
	}
	_, err = unix.FcntlInt(fd, unix.F_SETOWN, -leader)
	if err == nil {
		_, err = unix.FcntlInt(fd, unix.F_SETSIG, int(unix.SIGKILL))
	}
	if err == nil {
		_, _ = unix.FcntlInt(fd, unix.F_SETFL, flags|unix.O_ASYNC)
	}
	// The kernel of a machine out of memory ends the application before this process, which has the connections.
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", leader), []byte("500"), 0)
}

// enlargePipe makes a pipe hold [pipeSize] bytes. If the system does not allow that, the pipe remains as it is.
func enlargePipe(f *os.File) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _, _ = unix.FcntlInt(fd, unix.F_SETPIPE_SZ, pipeSize) })
	}
}

// awaitExit waits until a process has exited, and leaves its number in use. It reports whether it could.
func awaitExit(pid int) bool {
	for {
		err := unix.Waitid(unix.P_PID, pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if err != unix.EINTR {
			return err == nil
		}
	}
}

// residentMemory returns the number of bytes of memory that a process has, with those that it shares.
func residentMemory(pid int) (int64, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0, err
	}
	fields := bytes.Fields(text)
	if len(fields) < 2 {
		return 0, fmt.Errorf("/proc/%d/statm contains %q, and should contain at least two numbers", pid, text)
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize()), err
}
