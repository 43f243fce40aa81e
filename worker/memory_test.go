package worker_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// compiling are statements that compile code. The tests run them while the heap is nearly full.
var compiling = map[string]string{
	"Function":          `new Function(code);`,
	"eval":              `eval(code);`,
	"functions":         `new Function("()=>0;".repeat(5000));`,
	"classes":           `new Function("(class{#a=1;b(){}});".repeat(2000));`,
	"many, and a leak":  `for (let i = 0; ; i++) b.push(new Function("a" + i, "return " + "a.b(c)+".repeat(40) + i));`,
	"a template engine": `for (let i = 0; ; i++) { const t = new Function("o", "with(o){return " + "${i}".repeat(3) + "}"); b.push(t, new ArrayBuffer(400)); }`,
}

func TestWorkerOutOfMemoryWhileCompiling(t *testing.T) {
	engineOnly(t, ownMemory)
	t.Parallel()
	for name, compile := range compiling {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, `
				addEventListener("websocketupgrade", (event) => { event.accept(); });
				addEventListener("websocketmessage", (event) => {
					if (event.data !== "fill") return event.source.send(event.data);
					const code = "for(;0;);".repeat(3000), a = [], b = [];
					try { for (;;) a.push(new ArrayBuffer(60000)) } catch {}
					try { for (;;) b.push(new ArrayBuffer(4000)) } catch {}
					b.length -= 36;
					`+compile+`
				});`, worker.Options{Memory: small})
			var witnesses []*client
			for range 5 {
				witnesses = append(witnesses, a.connect())
			}
			for i := range 2 {
				witnesses[0].send("fill")
				for k, c := range witnesses {
					c.send(fmt.Sprint("still here? ", i, k))
					c.want(fmt.Sprint("still here? ", i, k))
				}
			}
			a.log.line(t, "worker replaced", "memory limit")
		})
	}
}

func TestAppReloadOfAScriptTooLargeForItsMemory(t *testing.T) {
	engineOnly(t, ownMemory)
	t.Parallel()
	var functions strings.Builder
	for i := range 40000 {
		fmt.Fprintf(&functions, "globalThis.f%d = (a, b) => a.x%d + b;\n", i, i)
	}
	for name, c := range map[string]struct {
		code string
		fits bool
	}{
		"while it is compiled": {strings.Repeat("for(;0;);", 30000), true},
		"after it is compiled": {functions.String(), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, version("v1"), worker.Options{Memory: small})
			clients := []*client{a.connect(), a.connect(), a.connect()}
			err := a.rewrite(version("v2") + c.code)
			want := "v1 hello v1"
			if c.fits {
				want = "v2 hello v2"
			}
			if problem, ok := errors.AsType[*worker.LoadError](err); c.fits != (err == nil) || !c.fits && (!ok || !strings.Contains(problem.Error(), "out of memory")) {
				t.Errorf("a script that fits into the memory after it is compiled is loaded, another one is out of memory; got %v", err)
			}
			for _, c := range clients {
				c.send("hello")
				c.want(want)
			}
		})
	}
}
