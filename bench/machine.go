//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// machine describes this machine: processor, memory and kernel.
func machine() string {
	parts := []string{fmt.Sprintf("%d cores of %s", runtime.NumCPU(), lineOf("/proc/cpuinfo", "model name"))}
	var kib int64
	if _, err := fmt.Sscan(lineOf("/proc/meminfo", "MemTotal"), &kib); err == nil {
		parts = append(parts, fmt.Sprintf("%d GiB", kib>>20))
	}
	if release, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		number, _, _ := strings.Cut(string(release), "-")
		parts = append(parts, "Linux "+strings.TrimSpace(number))
	}
	return strings.Join(parts, ", ")
}

// lineOf returns the value of the first line "name: value" in a file of /proc, or an
// empty string if it has none.
func lineOf(file, name string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		return ""
	}
	for line := range strings.Lines(string(text)) {
		key, value, _ := strings.Cut(line, ":")
		if strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// version returns the version of a library, and that of its runtime.
func (w workspace) version(l library) string {
	switch l.name {
	case "floor":
		return firstLine(w.root, "gcc", "--version")
	case "linger", "linger-lending", "linger-blocking", "worker", "worker-process":
		return w.lingerVersion()
	case "worker-node":
		return w.lingerVersion() + ", Node " + w.nodeVersion()
	case "worker-bun":
		return w.lingerVersion() + ", Bun " + firstLine(w.npm(), w.bun(), "--version")
	case "worker-deno":
		return w.lingerVersion() + ", " + firstLine(w.npm(), filepath.Join("node_modules", "deno", "deno"), "--version")
	case "bun":
		return firstLine(w.npm(), w.bun(), "--version")
	case "ws":
		version := firstLine(w.npm(), "node", "-p", `require("./node_modules/ws/package.json").version`)
		return version + " with bufferutil, Node " + w.nodeVersion()
	default:
		return w.moduleVersion(l.name) + ", Go " + goVersion()
	}
}

func goVersion() string { return strings.TrimPrefix(runtime.Version(), "go") }

func (w workspace) lingerVersion() string {
	return firstLine(w.root, "git", "describe", "--always", "--dirty", "--exclude=*") + ", Go " + goVersion()
}

func (w workspace) nodeVersion() string {
	return strings.TrimPrefix(firstLine(w.npm(), "node", "--version"), "v")
}

// peerModules maps each library in Go but Linger to the path of its module.
var peerModules = map[string]string{
	"gws": "github.com/lxzan/gws", "gorilla": "github.com/gorilla/websocket",
	"coder": "github.com/coder/websocket", "gobwas": "github.com/gobwas/ws",
}

func (w workspace) moduleVersion(name string) string {
	folder := filepath.Join(w.root, "bench", "peers")
	return strings.TrimPrefix(firstLine(folder, "go", "list", "-m", "-f={{.Version}}", peerModules[name]), "v")
}

// firstLine runs a command in folder and returns the first line of its output.
func firstLine(folder, name string, args ...string) string {
	command := exec.Command(name, args...)
	command.Dir = folder
	text, err := command.Output()
	if err != nil {
		return "unknown: " + err.Error()
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return line
}
