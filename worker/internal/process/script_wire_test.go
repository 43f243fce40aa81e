//go:build unix

package process

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
)

// wireFunctions are the functions that the script of testdata/wire.mjs calls and asks, by their numbers.
var wireFunctions = []string{"echoed", "answer", "threw", "send", "close", "setData", "done", "respond", "accept", "data", "facts", "state"}

// wireChild is a child that runs testdata/wire.mjs.
type wireChild struct {
	t       *testing.T
	command *exec.Cmd
	events  *os.File // the pipes to the child, and from it
	answers *os.File
	in      incoming
	frames  []frame
	exposed map[string]uint16
	sent    int // bytes
	handled int
}

// onRuntimes runs a test on each runtime that is installed.
func onRuntimes(t *testing.T, run func(t *testing.T, command []string)) {
	t.Parallel()
	for name, command := range map[string][]string{"node": {"node"}, "bun": {"bun", "run"}, "deno": {"deno", "run", "--allow-all"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(command[0]); err != nil && name != "node" && os.Getenv("TESTS_REQUIRE_RUNTIMES") == "" {
				t.Skipf("%s is not installed", name)
			}
			run(t, command)
		})
	}
}

// startWire starts a child and waits for its hello.
func startWire(t *testing.T, command []string) *wireChild {
	t.Helper()
	source, err := os.ReadFile("testdata/wire.mjs")
	if err != nil {
		t.Fatal(err)
	}
	code, err := scriptOf(string(source), os.DirFS("js"), os.DirFS("../../js"))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "worker.mjs")
	if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	c := &wireChild{t: t, command: exec.Command(command[0], append(command[1:], file)...)} //nolint:gosec // a runtime
	c.events, c.answers, c.in.r = c.pipes()
	c.command.Stderr = t.Output()
	if err := c.command.Start(); err != nil {
		t.Fatal(err)
	}
	for _, theirs := range c.command.ExtraFiles {
		_ = theirs.Close()
	}
	t.Cleanup(c.end)
	c.send(appendHello(nil, engine.List(textValues(wireFunctions)...)))
	c.hello()
	return c
}

// pipes connects the descriptors of the child with pipes and returns the other ends.
func (c *wireChild) pipes() (events, answers *os.File, results io.Reader) {
	var ours, theirs [3]*os.File
	for i := range ours {
		read, write, err := os.Pipe()
		if err != nil {
			c.t.Fatal(err)
		}
		ours[i], theirs[i] = write, read
		if i == 1 {
			ours[i], theirs[i] = read, write
		}
	}
	c.command.ExtraFiles = theirs[:]
	return ours[0], ours[2], ours[1]
}

// end ends the child if the test has not.
func (c *wireChild) end() {
	_ = c.events.Close()
	_ = c.answers.Close()
	_ = c.command.Process.Kill()
	_ = c.command.Wait()
}

func (c *wireChild) hello() {
	c.t.Helper()
	f := c.next()
	values := content{data: f.content}
	version, list := values.uint16(), values.values(nil)
	if f.kind != frameHello || version != protocolVersion || len(list) != 2 || list[1].String() != "test" {
		c.t.Fatalf("the child sends its hello first; got kind %d, version %d, %s", f.kind, version, describe(engine.List(list...)))
	}
	c.exposed = map[string]uint16{}
	for i, name := range list[0].List() {
		c.exposed[name.String()] = uint16(i) //nolint:gosec // a short list
	}
}

// send sends frames.
func (c *wireChild) send(b []byte) {
	c.t.Helper()
	c.sent += len(b)
	if _, err := c.events.Write(b); err != nil {
		c.t.Fatal(err)
	}
}

// call sends the call of a function.
func (c *wireChild) call(function string, args ...engine.Value) {
	c.t.Helper()
	c.send(appendCall(nil, c.exposed[function], args))
}

// callLarge is call for arguments that are larger than the pipe.
func (c *wireChild) callLarge(function string, args ...engine.Value) {
	write(c.events, appendCall(nil, c.exposed[function], args))
}

// write writes to a pipe, and does not wait until that is done. The end of the test closes the pipe.
func write(pipe *os.File, b []byte) {
	go func() { _, _ = pipe.Write(b) }()
}

func resultOf(v engine.Value) []byte {
	return appendFrame(nil, frameResult, func(b []byte) []byte { return appendValue(b, v) })
}

// next returns the next frame that does not report what was handled.
func (c *wireChild) next() frame {
	c.t.Helper()
	for {
		for len(c.frames) == 0 {
			var batch frameBatch
			if err := c.in.next(&batch); err != nil {
				c.t.Fatalf("the child sends a frame; got %v", err)
			}
			c.frames = batch.frames
		}
		f := c.frames[0]
		c.frames = c.frames[1:]
		if f.kind != frameHandled {
			return f
		}
		c.handled += int(binary.LittleEndian.Uint32(f.content))
	}
}

// expect fails the test unless the next frame has a kind and calls a function. It returns the arguments.
func (c *wireChild) expect(kind frameKind, function string) []engine.Value {
	c.t.Helper()
	f := c.next()
	values := content{data: f.content}
	number, args := values.uint16(), values.values(nil)
	if values.err != nil || f.kind != kind || int(number) >= len(wireFunctions) || wireFunctions[number] != function {
		c.t.Fatalf("the child sends kind %d of %s; got kind %d, function %d, %s, %v", kind, function, f.kind, number, describe(engine.List(args...)), values.err)
	}
	return args
}

// answer answers an ask.
func (c *wireChild) answer(kind frameKind, values ...engine.Value) {
	c.t.Helper()
	frame := appendFrame(nil, kind, func(b []byte) []byte {
		for _, v := range values {
			b = appendValue(b, v)
		}
		return b
	})
	if _, err := c.answers.Write(frame); err != nil {
		c.t.Fatal(err)
	}
}

// expectValues fails the test unless the next frame asks a function with values. The answer is undefined.
func (c *wireChild) expectValues(function string, want ...engine.Value) {
	c.t.Helper()
	got, list := engine.List(c.expect(frameAsk, function)...), engine.List(want...)
	if !bytes.Equal(appendValue(nil, got), appendValue(nil, list)) {
		c.t.Fatalf("the arguments are\n%.2000s; got\n%.2000s", describe(list), describe(got))
	}
	c.answer(frameResult, engine.Undefined())
}

func TestScriptValues(t *testing.T) {
	onRuntimes(t, func(t *testing.T, command []string) {
		c := startWire(t, command)
		c.call("echo", sample()...)
		c.expectValues("echoed", sample()...)
		random := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // the values are the same at each run
		for range 300 {
			values := randomValues(random, 3)
			c.call("echo", values...)
			c.expectValues("echoed", values...)
		}
		for _, size := range []int{22, 23, 24, 25, 26, 1 << 10, 1 << 16, 1<<16 + 1, 1 << 20} {
			values := []engine.Value{engine.String(strings.Repeat("a", size)), engine.String(strings.Repeat("é", size)), engine.Bytes(make([]byte, size))}
			c.callLarge("echo", values...)
			c.expectValues("echoed", values...)
		}
	})
}

// randomValues returns values within depth lists.
func randomValues(random *rand.Rand, depth int) []engine.Value {
	texts := []string{"", "a", "abc", "abcd", "Ã©xx", "éxx", "n1.0123456789abcdef", "0123456789abcdefghijklmn", "long text: " + strings.Repeat("ü", 40), "\x00\x7f"}
	values := make([]engine.Value, random.IntN(8))
	for i := range values {
		switch random.IntN(8 + min(depth, 1)) {
		case 0:
			values[i] = engine.Null()
		case 1:
			values[i] = engine.Bool(random.IntN(2) == 0)
		case 2:
			values[i] = engine.Int(int(int32(random.Uint32()))) //nolint:gosec // any number
		case 3:
			values[i] = engine.Number(math.Ldexp(random.Float64()-0.5, random.IntN(100)))
		case 4, 5:
			values[i] = engine.String(texts[random.IntN(len(texts))])
		case 6:
			values[i] = engine.Bytes([]byte(texts[random.IntN(len(texts))]))
		case 7:
			values[i] = engine.BigInt(int64(random.Uint64())) //nolint:gosec // any number
		case 8:
			values[i] = engine.List(randomValues(random, depth-1)...)
		}
	}
	return values
}

func TestScriptFrames(t *testing.T) {
	onRuntimes(t, func(t *testing.T, command []string) {
		c := startWire(t, command)
		frames := appendCall(appendCall(nil, c.exposed["later"], []engine.Value{engine.Int(1)}), c.exposed["later"], []engine.Value{engine.Int(2)})
		for i := range frames {
			c.send(frames[i : i+1])
		}
		c.expectValues("echoed", engine.Int(1))
		c.expectValues("echoed", engine.Int(2))
		var many []byte
		for i := range 500 {
			many = appendCall(many, c.exposed["echo"], []engine.Value{engine.Int(i)})
		}
		c.send(many)
		for i := range 500 {
			c.expectValues("echoed", engine.Int(i))
		}
		c.call("echo", engine.String("the last"))
		c.expectValues("echoed", engine.String("the last"))
		for c.handled < c.sent {
			var batch frameBatch
			if err := c.in.next(&batch); err != nil {
				t.Fatalf("the child has handled %d of %d bytes; got %v", c.handled, c.sent, err)
			}
			for _, f := range batch.frames {
				c.handled += int(binary.LittleEndian.Uint32(f.content))
			}
		}
		if c.handled != c.sent {
			t.Errorf("the child reports that it has handled %d bytes; got %d", c.sent, c.handled)
		}
	})
}

func TestScriptAsks(t *testing.T) {
	onRuntimes(t, func(t *testing.T, command []string) {
		c := startWire(t, command)
		large := engine.Bytes(make([]byte, 3<<20))
		for _, value := range []engine.Value{engine.Undefined(), engine.String("é"), large} {
			c.callLarge("ask", value)
			c.expectValues("echoed", engine.String("before"))
			if got := c.expect(frameAsk, "answer"); len(got) != 1 || !bytes.Equal(appendValue(nil, got[0]), appendValue(nil, value)) {
				t.Errorf("the ask has the value as its only argument; got %d", len(got))
			}
			write(c.answers, resultOf(value))
			c.expectValues("echoed", engine.String("answer"), value)
		}
		for _, e := range []struct{ name, class string }{{"TypeError", "TypeError"}, {"RangeError", "RangeError"}, {"Error", "Error"}, {"InvalidStateError", "DOMException"}} {
			c.call("fail")
			c.expect(frameAsk, "answer")
			c.answer(frameException, engine.String(e.name), engine.String("the reason"))
			c.expectValues("echoed", engine.String(e.class), engine.String(e.name), engine.String("the reason"))
		}
	})
}

func TestScriptExceptions(t *testing.T) {
	onRuntimes(t, func(t *testing.T, command []string) {
		c := startWire(t, command)
		for _, e := range []struct{ name, code, want string }{
			{"an error", `throw new TypeError("the reason")`, "TypeError: the reason"},
			{"a string", `throw "text"`, ": text"},
			{"undefined", `throw undefined`, ": undefined"},
			{"an object", `throw { a: 1 }`, ": { a: 1 }"},
			{"a DOMException", `throw new DOMException("late", "AbortError")`, "AbortError: late"},
			{"a cause", `throw new Error("a", { cause: new RangeError("b", { cause: "c" }) })`, "Error: a; cause RangeError: b; cause : c"},
			{"causes in a circle", `const e = new Error("a"); e.cause = e; throw e`, "Error: a; cause Error: a; cause Error: a; cause Error: a; cause Error: a"},
			{"several errors", `throw new AggregateError([new Error("1"), "2", 3, 4, 5, 6], "all")`, "AggregateError: all; error Error: 1; error : 2; error : 3; error : 4; more 2"},
			{"getters that throw", `const e = new Error("a"); for (const name of ["name", "message", "stack", "cause", "errors"]) Object.defineProperty(e, name, { get() { throw 1; } }); throw e`, ": "},
			{"a proxy that throws", `throw new Proxy({}, { get() { throw 1; }, getPrototypeOf() { throw 1; }, ownKeys() { throw 1; }, has() { throw 1; } })`, ": "},
			{"a proxy with any length", `throw new Proxy(Object.assign(new Error("a"), { errors: new Proxy([], { get: (t, key) => (key === "length" ? Infinity : undefined) }) }), {})`, "Error: a; error : undefined; error : undefined; error : undefined; error : undefined; more"},
			{"a long message", `throw new Error("x".repeat(1e6))`, "Error: " + strings.Repeat("x", 1<<14) + " ..."},
			{"a revoked proxy", `const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); throw proxy`, ": "},
		} {
			c.call("describe", engine.String(e.code))
			args := c.expect(frameAsk, "echoed")
			c.answer(frameResult, engine.Undefined())
			if got := exceptionText(args[0]); !strings.HasPrefix(got, e.want) {
				t.Errorf("%s is described as %.300q; got %.300q", e.name, e.want, got)
			}
		}
		c.call("describe", engine.String("function inner() { null.x; }\ninner();"))
		e := exceptionOf(c.expect(frameAsk, "echoed")[0], 0)
		c.answer(frameResult, engine.Undefined())
		if e == nil || len(e.Frames) < 2 || e.Frames[0].Function != "inner" || e.Frames[0].Line == 0 || e.Frames[0].Column == 0 {
			t.Errorf("the first frame is that of the function that has thrown; got %+v", e)
		}
	})
}

// exceptionText returns name and message of an exception, and those of the exceptions within it.
func exceptionText(v engine.Value) string {
	parts := v.List()
	if len(parts) != 6 {
		return "no exception: " + describe(v)
	}
	text := parts[0].String() + ": " + parts[1].String()
	for _, one := range parts[4].List() {
		text += "; error " + exceptionText(one)
	}
	if parts[5].Int() > 0 {
		text += "; more " + parts[5].String()
	}
	if parts[3].Kind() == engine.KindList {
		text += "; cause " + exceptionText(parts[3])
	}
	return text
}

func TestScriptEnds(t *testing.T) {
	onRuntimes(t, func(t *testing.T, command []string) {
		c := startWire(t, command)
		if err := c.events.Close(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- c.command.Wait() }()
		select {
		case err := <-ended:
			if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) || c.command.ProcessState.ExitCode() != 0 {
				t.Errorf("the child ends with the status 0 when there are no further events; got %v", err)
			}
		case <-time.After(patience):
			t.Error("the child ends when there are no further events")
		}
	})
}
