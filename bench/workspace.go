//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// workspace has the folders in which servers are built.
type workspace struct {
	root string // the repository
	bin  string // the folder of the binaries
}

func (w workspace) binary(name string) string { return filepath.Join(w.bin, name) }
func (w workspace) npm() string               { return filepath.Join(w.root, "bench", "peers", "npm") }

// bun returns the path of the Bun binary. Its npm package names it bun.exe on every system.
func (w workspace) bun() string {
	return filepath.Join(w.npm(), "node_modules", "bun", "bin", "bun.exe")
}

// openWorkspace finds the repository that the working directory belongs to.
func openWorkspace() (workspace, error) {
	module, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return workspace{}, fmt.Errorf("go env GOMOD: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(module)))
	if _, err := os.Stat(filepath.Join(root, "bench", "floor")); err != nil {
		return workspace{}, fmt.Errorf("the working directory must be in the repository: %w", err)
	}
	w := workspace{root, filepath.Join(root, "bin", "bench")}
	return w, os.MkdirAll(w.bin, 0o755)
}

// step returns a command line that builds a server, and the folder of the repository to
// run it in.
type step func(w workspace) (folder string, line []string)

func floorBuild(w workspace) (string, []string) {
	return "bench/floor", []string{"gcc", "-O3", "-Wall", "-o", w.binary("floor"), "floor.c"}
}

// uringFloorBuild also checks that the system permits this floor, so that it is skipped where io_uring is too old or forbidden.
func uringFloorBuild(w workspace) (string, []string) {
	binary := w.binary("floor-uring")
	return "bench/floor", []string{"sh", "-c", "gcc -O3 -Wall -o " + binary + " uring.c && " + binary + " check"}
}

func lingerBuild(w workspace) (string, []string) {
	return ".", []string{"go", "build", "-buildvcs=false", "-o", w.binary("server"), "./bench/server"}
}

func commandBuild(w workspace) (string, []string) {
	return ".", []string{"go", "build", "-buildvcs=false", "-o", w.binary("linger"), "./cmd/linger"}
}

func peerBuild(name string) step {
	return func(w workspace) (string, []string) {
		return "bench/peers", []string{"go", "build", "-buildvcs=false", "-o", w.binary(name), "./" + name}
	}
}

// withNPM returns a step that installs the packages of npm and then builds.
func withNPM(build step) step {
	return func(w workspace) (string, []string) {
		folder, line := build(w)
		npm, install := npmBuild(w)
		return folder, []string{"sh", "-c", "(cd " + npm + " && " + strings.Join(install, " ") + ") && " + strings.Join(line, " ")}
	}
}

func npmBuild(workspace) (string, []string) {
	return "bench/peers/npm", []string{"npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"}
}

// prepare builds the servers of the libraries, running each command line once. It returns
// the libraries that were built, and a note for each of the others.
func (w workspace) prepare(all []library) (ready []library, notes []string) {
	done := map[string]error{}
	for _, l := range all {
		folder, line := l.build(w)
		key := strings.Join(line, " ")
		err, known := done[key]
		if !known {
			err = w.run(folder, line)
			done[key] = err
		}
		if err != nil {
			notes = append(notes, fmt.Sprintf("%s is skipped: %v", l.label, err))
			continue
		}
		ready = append(ready, l)
	}
	return ready, notes
}

func (w workspace) run(folder string, line []string) error {
	command := exec.Command(line[0], line[1:]...)
	command.Dir = filepath.Join(w.root, folder)
	output, err := command.CombinedOutput()
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", strings.Join(line, " "), err), errors.New(string(bytes.TrimSpace(output))))
	}
	return nil
}
