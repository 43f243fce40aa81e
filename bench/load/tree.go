//go:build linux

package load

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// TreeCPU returns the CPU time of a process and all its descendants. Those that have ended count too, as soon as their parent has
// waited for them, with a resolution of 10 ms.
func TreeCPU(pid int) (time.Duration, error) {
	total, err := CPU(pid)
	if err != nil {
		return 0, err
	}
	all, err := tree(pid)
	for _, p := range all {
		total += p.ended
		if p.pid == pid {
			continue
		}
		if used, err := CPU(p.pid); err == nil { // otherwise the process has ended since, and its time counts in its parent's
			total += used
		}
	}
	return total, err
}

// TreeRSS returns the sum of [RSS] of a process and all its descendants, and their number.
func TreeRSS(pid int) (size int64, processes int, err error) {
	return treeMemory(pid, RSS)
}

// TreeAnonymous is [TreeRSS] without memory that belongs to files, such as the code of programs, which processes share.
func TreeAnonymous(pid int) (size int64, processes int, err error) {
	return treeMemory(pid, func(pid int) (int64, error) { return memory(pid, "Anonymous") })
}

func treeMemory(pid int, of func(pid int) (int64, error)) (size int64, processes int, err error) {
	all, err := tree(pid)
	for _, p := range all {
		one, err := of(p.pid)
		switch {
		case err == nil:
			size += one
			processes++
		case p.pid == pid: // a descendant may have ended since
			return 0, 0, err
		}
	}
	return size, processes, err
}

// process is a process of this machine.
type process struct {
	pid, parent int
	ended       time.Duration // the CPU time of children that it has waited for
}

// tree returns a process and all its descendants.
func tree(root int) ([]process, error) {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return nil, err
	}
	children := map[int][]process{}
	var all []process
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // the process has ended since
		}
		p, err := parseStat(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if p.pid == root {
			all = append(all, p)
		}
		children[p.parent] = append(children[p.parent], p)
	}
	for i := 0; i < len(all); i++ {
		all = append(all, children[all[i].pid]...)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("process %d does not exist", root)
	}
	return all, nil
}

// parseStat parses the content of proc_pid_stat(5). The name of the command, in parentheses, may have spaces and parentheses.
func parseStat(text string) (p process, err error) {
	const parent, user, system = 1, 13, 14 // positions of ppid, cutime and cstime after the name
	id, _, _ := strings.Cut(text, " ")
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) <= system {
		return p, fmt.Errorf("expected %d fields after the name, got %d: %q", system+1, len(fields), text)
	}
	var ticks [2]int64
	for _, field := range []struct {
		text string
		to   *int
	}{{id, &p.pid}, {fields[parent], &p.parent}} {
		if *field.to, err = strconv.Atoi(field.text); err != nil {
			return p, err
		}
	}
	for i, text := range []string{fields[user], fields[system]} {
		if ticks[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return p, err
		}
	}
	p.ended = time.Duration(ticks[0]+ticks[1]) * tick
	return p, nil
}
