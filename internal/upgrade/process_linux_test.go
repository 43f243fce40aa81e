package upgrade

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// timeout bounds each wait. It is only reached if something is broken.
const timeout = time.Minute

// marker is an environment variable by which the processes of a server are found.
const marker = "UPGRADE_TEST"

// TestMain makes the process the parent of those whose parents have ended, so that it learns how they end.
func TestMain(m *testing.M) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "becoming the parent of orphans:", err)
		os.Exit(1)
	}
	status := m.Run()
	if temporary != "" {
		_ = os.RemoveAll(temporary)
	}
	os.Exit(status)
}

// eventually waits until a condition is true, and fails the test after the timeout.
func eventually(t *testing.T, what string, condition func() bool) bool {
	t.Helper()
	for deadline := time.Now().Add(timeout); !condition(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("within %v this does not become true: %s", timeout, what)
			return false
		}
	}
	return true
}

// processesOf returns the ids of the processes whose marker has a value, without those that have ended.
func processesOf(mark string) (pids []int) {
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		environment, err := os.ReadFile(filepath.Join("/proc", entry.Name(), "environ"))
		if pid, _ := strconv.Atoi(entry.Name()); err == nil && bytes.Contains(environment, []byte(marker+"="+mark+"\x00")) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// executable returns the path of the program that a process runs.
func executable(pid int) string {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", pid))
	return path
}

// descriptors returns what the open descriptors of a process refer to.
func descriptors(pid int) (targets []string) {
	folder := fmt.Sprintf("/proc/%d/fd", pid)
	entries, _ := os.ReadDir(folder)
	for _, entry := range entries {
		if target, err := os.Readlink(filepath.Join(folder, entry.Name())); err == nil {
			targets = append(targets, target)
		}
	}
	return targets
}

// hasEnded reports whether a process has ended, and its status if this process is its parent.
func hasEnded(pid int) (status syscall.WaitStatus, ended bool) {
	got, err := syscall.Wait4(pid, &status, syscall.WNOHANG, nil)
	if err == nil && got == pid {
		return status, true
	}
	return 0, errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}

// holds reports whether a process has a descriptor of the server's end of a TCP connection whose client has a local address.
func holds(pid int, client string) bool {
	inode := inodeOf(client)
	if inode == "" {
		return false
	}
	for _, target := range descriptors(pid) {
		if target == "socket:["+inode+"]" {
			return true
		}
	}
	return false
}

// inodeOf returns the inode of the server's end of an IPv4 connection, or "".
func inodeOf(client string) string {
	_, port, _ := strings.Cut(client, ":")
	number, _ := strconv.Atoi(port)
	table, _ := os.ReadFile("/proc/net/tcp")
	for line := range strings.Lines(string(table)) {
		// proc(5): sl local_address rem_address st tx:rx tr:tm retrnsmt uid timeout inode
		if f := strings.Fields(line); len(f) > 9 && strings.HasSuffix(f[2], fmt.Sprintf(":%04X", number)) && f[3] == "01" {
			return f[9]
		}
	}
	return ""
}
