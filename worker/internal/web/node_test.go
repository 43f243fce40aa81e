package web_test

import (
	"os"
	"strings"
	"testing"
)

// Each of these scripts prints the same as in Node 20. To write the file of a new script, run it there: node x.js >x.txt.
func TestNodeModulesBehaveAsInNode(t *testing.T) {
	for _, name := range []string{"buffer", "text", "values", "async"} {
		t.Run(name, func(t *testing.T) {
			script, err := os.ReadFile("testdata/node/" + name + ".js")
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile("testdata/node/" + name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			p := newPage(t)
			p.eval(t, `globalThis.require = (name) => internal.nodeModule(name.replace(/^node:/, "")); 0`)
			p.eval(t, string(script)+"; 0")
			const maxTimers = 10_000 // the script ends when it has no timers
			for n := 0; n < maxTimers && p.fireNext(t); n++ {
				continue
			}
			var got []string
			for _, line := range p.lines {
				_, text, _ := strings.Cut(line.String(), " ") // after the level
				got = append(got, text)
			}
			compareLines(t, strings.Join(got, "\n"), strings.TrimSuffix(string(want), "\n"))
		})
	}
}

func TestNodeEventEmitterWarnsOnceOfManyListeners(t *testing.T) {
	p := newPage(t)
	p.eval(t, `{
		const EventEmitter = internal.nodeModule("events");
		const emitter = new EventEmitter(), unlimited = new EventEmitter().setMaxListeners(0);
		for (let i = 0; i < 10; i++) emitter.on("x", () => {});
		console.log("ten");
		for (let i = 0; i < 5; i++) emitter.on("x", () => {});
		for (let i = 0; i < 20; i++) unlimited.on("x", () => {});
	} 0`)
	if len(p.lines) != 2 || !strings.Contains(p.lines[0].String(), "ten") || !strings.Contains(p.lines[1].String(), "MaxListenersExceededWarning: 11 x listeners") {
		t.Errorf("the eleventh listener must cause the only warning, got %v", p.lines)
	}
}

// compareLines reports the lines in which two texts differ.
func compareLines(t *testing.T, got, want string) {
	t.Helper()
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		line := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "nothing"
		}
		if line(gotLines) != line(wantLines) {
			t.Errorf("line %d must be the one of Node\n\t%s\ngot\n\t%s", i+1, line(wantLines), line(gotLines))
		}
	}
}
