//go:build unix

package process

import (
	"bufio"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker/internal/script"
)

// startNode starts node with a module, and waits until it has printed "ready".
func startNode(t *testing.T, source string, args ...string) (c *child, file string, tr *transcript) {
	t.Helper()
	node, err := Find("node", "")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	file = filepath.Join(dir, "app with a space.mjs")
	for path, text := range map[string]string{file: source, filepath.Join(dir, "own.mjs"): ownCode} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tr = new(transcript)
	c = start(t, childSpec{path: node.Path, args: append(args, file), env: os.Environ(), printLine: tr.print, reportDropped: tr.drop})
	eventually(t, "the module has printed that it is ready", func() bool { return slices.Contains(tr.all(), "out: ready") })
	return c, file, tr
}

// own reports whether a file has the name that those of Linger have in these tests.
func own(file string) bool { return filepath.Base(file) == "own.mjs" }

// ownCode is the code of Linger in these tests: a function that must not be interrupted, and what a child reports.
const ownCode = `import { writeSync } from "node:fs";
	let busy = false;
	export function write() {
		busy = true;
		for (let i = 0; i < 1_000_000; i++);
		busy = false;
	}
	export function ready() { writeSync(1, "ready\n"); }
	globalThis[Symbol.for("linger.halt")] = () => { writeSync(4, busy ? "busy\n" : "halted\n"); };`

func TestChildHalt(t *testing.T) {
	for _, c := range []struct{ name, loop string }{
		{"a loop", "ready(); for (;;) {}"},
		{"a loop with calls", "ready(); for (;;) Math.random();"},
		{"a loop with calls of Linger", "ready(); for (;;) write();"},
		{"a regular expression", `ready(); /^(a+)+$/.test("a".repeat(64) + "b");`},
		{"promises", `for (let i = 0; ; i++) { await null; if (i === 1000) ready(); }`},
	} {
		t.Run(c.name, func(t *testing.T) {
			child, file, tr := startNode(t, `import { write, ready } from "./own.mjs";
				async function spin() { `+c.loop+` }
				setTimeout(spin, 1);
				console.error("set");`, closedInspector...)
			frames, err := child.halt(patience, own)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.ContainsFunc(frames, func(f script.Frame) bool { return f.Function == "spin" && f.File == file && f.Line == 2 }) {
				t.Errorf("the calls are %+v", frames)
			}
			if line, err := bufio.NewReader(child.results).ReadString('\n'); line != "halted\n" {
				t.Errorf("the child reports %q, %v", line, err)
			}
			child.kill()
			waitEnded(t, child)
			if got, want := slices.Sorted(slices.Values(tr.all())), []string{"err: set", "out: ready"}; !slices.Equal(got, want) {
				t.Errorf("the output is %q, expected %q", got, want)
			}
		})
	}
}

func TestChildHaltFails(t *testing.T) {
	t.Run("in a function that waits for another process", func(t *testing.T) {
		child, _, _ := startNode(t, `import { spawnSync } from "node:child_process"; spawnSync("sh", ["-c", "echo ready; sleep 1000"], { stdio: "inherit" });`, closedInspector...)
		if frames, err := child.halt(time.Second, own); err == nil {
			t.Errorf("the calls are %+v, although the process is blocked", frames)
		}
	})
	t.Run("in a stopped process", func(t *testing.T) {
		child, _, _ := startNode(t, `console.log("ready"); process.kill(process.pid, "SIGSTOP");`, closedInspector...)
		if _, err := child.halt(300*time.Millisecond, own); err == nil {
			t.Errorf("the error is %v", err)
		}
	})
	t.Run("in Linger's own code", func(t *testing.T) {
		child, _, _ := startNode(t, `console.log("ready"); for (;;);`, closedInspector...)
		frames, err := child.halt(patience, func(string) bool { return true })
		if err == nil || len(frames) == 0 {
			t.Errorf("the calls are %+v, %v", frames, err)
		}
	})
	t.Run("in a process that has ended", func(t *testing.T) {
		spec, _ := shell("exit 0")
		child := start(t, spec)
		waitEnded(t, child)
		if _, err := child.halt(patience, own); err == nil || err.Error() != "the process has ended" {
			t.Errorf("the error is %v", err)
		}
	})
}

func TestCheckLoopback(t *testing.T) {
	for address, allowed := range map[string]bool{
		"ws://127.0.0.1:4000/id": true, "ws://[::1]:4000/id": true, "ws://localhost:4000/id": false, "ws://192.0.2.1:4000/id": false, "": false,
	} {
		if err := checkLoopback(address); (err == nil) != allowed {
			t.Errorf("the result for %q is %v", address, err)
		}
	}
}

// TestInspectorOfDeveloper opens the inspector of node for a debugger.
func TestInspectorOfDeveloper(t *testing.T) {
	_, _, tr := startNode(t, `console.log("ready"); setInterval(() => {}, 1000);`, "--inspect=127.0.0.1:0")
	eventually(t, "the address of the inspector is printed", func() bool {
		return slices.ContainsFunc(tr.all(), func(line string) bool {
			address, ok := strings.CutPrefix(line, "err: Debugger listening on ")
			u, err := url.Parse(address)
			return ok && err == nil && u.Hostname() == "127.0.0.1"
		})
	})
}
