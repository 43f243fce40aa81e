package web

import (
	"errors"
	"io/fs"
	"maps"
	"path"
	"reflect"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/lingerws/linger/worker/internal/engine"
)

// hostFunction returns the host function with a name.
func hostFunction(t *testing.T, options Options, name string) engine.HostFunc {
	t.Helper()
	fn, ok := newHost(options, &Realm{functions: map[string]*engine.Function{}}).functions()[name]
	if !ok {
		t.Fatalf("there is no host function named %q", name)
	}
	return fn
}

// call calls a host function, which must succeed.
func call(t *testing.T, fn engine.HostFunc, args ...engine.Value) engine.Value {
	t.Helper()
	v, err := fn(args)
	if err != nil {
		t.Fatalf("the host function failed: %v", err)
	}
	return v
}

func TestHostFunctionsAreThoseTheModulesCall(t *testing.T) {
	rt, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rt.Close() })
	h := newHost(Options{}, &Realm{runtime: rt, bundles: &onDemand{}})
	base := h.functions()
	checkFunctions(t, "js", base, nil)
	bundles, err := fs.Glob(embedded, "lazy/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range bundles {
		checkFunctions(t, folder, h.bundleFunctions(path.Base(folder)), base)
	}
}

// checkFunctions fails unless the modules of a folder call all functions, and no others except those of base.
func checkFunctions(t *testing.T, folder string, functions, base map[string]engine.HostFunc) {
	t.Helper()
	files, err := fs.Glob(embedded, folder+"/*.js")
	if err != nil {
		t.Fatal(err)
	}
	called := map[string]bool{}
	for _, file := range files {
		source, err := fs.ReadFile(embedded, file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`\bhost\.(\w+)\(`).FindAllSubmatch(source, -1) {
			if _, ok := base[string(match[1])]; !ok {
				called[string(match[1])] = true
			}
		}
	}
	defined := slices.Sorted(maps.Keys(functions))
	if want := slices.Sorted(maps.Keys(called)); !slices.Equal(defined, want) {
		t.Errorf("the host functions of %s are %v, but its modules call %v", folder, defined, want)
	}
}

func TestHostFunctionsWithoutArgumentsDoNotFail(t *testing.T) {
	for name, fn := range newHost(Options{}, &Realm{bundles: &onDemand{}}).functions() {
		_, err := fn(nil)
		var throw *engine.Throw
		if err != nil && !errors.As(err, &throw) {
			t.Errorf("%s without arguments must succeed or fail with a *Throw, got %v", name, err)
		}
	}
}

func TestExposeRegistersFunction(t *testing.T) {
	rt, err := engine.New(engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = rt.Close() })
	realm := &Realm{runtime: rt, functions: map[string]*engine.Function{}}
	if err := rt.Define("expose", newHost(Options{}, realm).expose); err != nil {
		t.Fatal(err)
	}
	if _, err := rt.EvalScript("test.js", `__host.expose("twice", (n) => 2 * n); undefined`); err != nil {
		t.Fatal(err)
	}
	twice, err := realm.Function("twice")
	if err != nil {
		t.Fatal(err)
	}
	if v, err := rt.Call(twice, engine.Int(21)); err != nil || v.Int() != 42 {
		t.Errorf("the exposed function must return 42, got %v (%v)", v, err)
	}
	_, err = rt.EvalScript("test.js", `__host.expose("once", 1)`)
	var thrown *engine.Exception
	if !errors.As(err, &thrown) || thrown.Error() != "TypeError: expose expects a name and a function" {
		t.Errorf("exposing a number must fail with a TypeError, got %v", err)
	}
}

func TestConsolePassesLevelAndText(t *testing.T) {
	var level Level
	var text string
	options := Options{Console: func(l Level, s string) { level, text = l, s }}
	call(t, hostFunction(t, options, "console"), engine.Int(int(Warn)), engine.String("a\nb"))
	if level != Warn || text != "a\nb" {
		t.Errorf("Console must get %q at level %d, got %q at level %d", "a\nb", Warn, text, level)
	}
}

func TestSetTimerConvertsMilliseconds(t *testing.T) {
	var id int
	var delay time.Duration
	var repeat bool
	options := Options{
		SetTimer:   func(i int, d time.Duration, r bool) { id, delay, repeat = i, d, r },
		ClearTimer: func(i int) { id = -i },
	}
	call(t, hostFunction(t, options, "setTimer"), engine.Int(7), engine.Int(1<<31-1), engine.Bool(true))
	if id != 7 || delay != (1<<31-1)*time.Millisecond || !repeat {
		t.Errorf("SetTimer must get timer 7 with 2^31-1 ms, repeated, got timer %d with %v, repeated: %v", id, delay, repeat)
	}
	if call(t, hostFunction(t, options, "clearTimer"), engine.Int(7)); id != -7 {
		t.Errorf("ClearTimer must get timer 7, got timer %d", -id)
	}
}

func TestPublishPassesKindOfMessage(t *testing.T) {
	var channel string
	var message Message
	publish := hostFunction(t, Options{Publish: func(c string, m Message) { channel, message = c, m }}, "publish")
	for _, c := range []struct {
		kind    string
		content engine.Value
		want    Message
	}{
		{"text", engine.String("hi"), Message{Kind: TextMessage, Text: "hi"}},
		{"bytes", engine.Bytes([]byte{1, 2}), Message{Kind: BytesMessage, Bytes: []byte{1, 2}}},
		{"clone", engine.String(`J{"a":1}`), Message{Kind: CloneMessage, Text: `J{"a":1}`}},
	} {
		call(t, publish, engine.String("room"), engine.String(c.kind), c.content)
		if channel != "room" || !reflect.DeepEqual(message, c.want) {
			t.Errorf("Publish must get the %s message %+v for room, got %+v for %q", c.kind, c.want, message, channel)
		}
	}
}

func TestNowReturnsMillisecondsSinceStart(t *testing.T) {
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	clock := start
	now := hostFunction(t, Options{Now: func() time.Time { return clock }}, "now")
	for later, want := range map[time.Duration]float64{0: 0, 1500 * time.Microsecond: 1.5, time.Hour: 3_600_000} {
		clock = start.Add(later)
		if got := call(t, now).Float(); got != want {
			t.Errorf("%v after the start now() must be %v ms, got %v", later, want, got)
		}
	}
}
