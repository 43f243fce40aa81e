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

// machine tells what is measured on.
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

// lineOf returns what stands behind a name and a colon in a file of /proc; empty if
// nothing does.
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

// version tells which version of a library is measured, and what runs it.
func (w workshop) version(l library) string {
	goes := strings.TrimPrefix(runtime.Version(), "go")
	switch l.name {
	case "floor":
		return said(w.root, "gcc", "--version")
	case "linger", "linger-lending", "linger-blocking", "worker", "worker-async":
		return said(w.root, "git", "describe", "--always", "--dirty", "--exclude=*") + ", Go " + goes
	case "bun":
		return said(w.npm(), w.bun(), "--version")
	case "ws", "ws-async":
		version := said(w.npm(), "node", "-p", `require("./node_modules/ws/package.json").version`)
		return version + " with bufferutil, Node " + strings.TrimPrefix(said(w.npm(), "node", "--version"), "v")
	default:
		return w.moduleVersion(l.name) + ", Go " + goes
	}
}

// peerModules are the modules of the peers that are written in Go.
var peerModules = map[string]string{
	"gws": "github.com/lxzan/gws", "gorilla": "github.com/gorilla/websocket",
	"coder": "github.com/coder/websocket", "gobwas": "github.com/gobwas/ws",
}

func (w workshop) moduleVersion(name string) string {
	folder := filepath.Join(w.root, "bench", "peers")
	return strings.TrimPrefix(said(folder, "go", "list", "-m", "-f={{.Version}}", peerModules[name]), "v")
}

// said returns the first line of what a command says.
func said(folder, name string, args ...string) string {
	command := exec.Command(name, args...)
	command.Dir = folder
	text, err := command.Output()
	if err != nil {
		return "unknown: " + err.Error()
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	return line
}
