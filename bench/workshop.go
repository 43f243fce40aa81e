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

// workshop is where servers are built.
type workshop struct {
	root string // of the repository
	bin  string // where programs are put
}

func (w workshop) binary(name string) string { return filepath.Join(w.bin, name) }
func (w workshop) npm() string               { return filepath.Join(w.root, "bench", "peers", "npm") }

// bun is what npm installs under this name on every system.
func (w workshop) bun() string {
	return filepath.Join(w.npm(), "node_modules", "bun", "bin", "bun.exe")
}

// openWorkshop finds the repository that the working directory belongs to.
func openWorkshop() (workshop, error) {
	module, err := exec.Command("go", "env", "GOMOD").Output()
	if err != nil {
		return workshop{}, fmt.Errorf("go env GOMOD: %w", err)
	}
	root := filepath.Dir(strings.TrimSpace(string(module)))
	if _, err := os.Stat(filepath.Join(root, "bench", "floor")); err != nil {
		return workshop{}, fmt.Errorf("run it within the repository: %w", err)
	}
	w := workshop{root, filepath.Join(root, "bin", "bench")}
	return w, os.MkdirAll(w.bin, 0o755)
}

// step is a command that builds, in a folder of the repository.
type step func(w workshop) (folder string, line []string)

func floorBuild(w workshop) (string, []string) {
	return "bench/floor", []string{"gcc", "-O3", "-Wall", "-o", w.binary("floor"), "floor.c"}
}

func oursBuild(w workshop) (string, []string) {
	return ".", []string{"go", "build", "-buildvcs=false", "-o", w.binary("server"), "./bench/server"}
}

func commandBuild(w workshop) (string, []string) {
	return ".", []string{"go", "build", "-buildvcs=false", "-o", w.binary("linger"), "./cmd/linger"}
}

func peerBuild(name string) step {
	return func(w workshop) (string, []string) {
		return "bench/peers", []string{"go", "build", "-buildvcs=false", "-o", w.binary(name), "./" + name}
	}
}

func npmBuild(workshop) (string, []string) {
	return "bench/peers/npm", []string{"npm", "install", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"}
}

// prepare builds what the libraries need, each thing once, and returns those that it
// could. A peer that cannot be had here is told of and left out.
func (w workshop) prepare(all []library) (ready []library, notes []string) {
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
			notes = append(notes, fmt.Sprintf("%s is left out: %v", l.label, err))
			continue
		}
		ready = append(ready, l)
	}
	return ready, notes
}

func (w workshop) run(folder string, line []string) error {
	command := exec.Command(line[0], line[1:]...)
	command.Dir = filepath.Join(w.root, folder)
	said, err := command.CombinedOutput()
	if err != nil {
		return errors.Join(fmt.Errorf("%s: %w", strings.Join(line, " "), err), errors.New(string(bytes.TrimSpace(said))))
	}
	return nil
}
