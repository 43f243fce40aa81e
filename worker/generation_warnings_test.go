package worker_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lingerws/linger/worker"
)

// upgrades is a listener that accepts connections.
const upgrades = `addEventListener("websocketupgrade", (event) => { event.accept(); });`

func TestAppWarnings(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		script string
		want   []string // the warnings, with their positions in the file
	}{
		"nothing":                       {upgrades + `export default { fetch() {} };`, nil},
		"a custom event":                {upgrades + `addEventListener("refresh", () => {}); dispatchEvent(new Event("refresh"));`, nil},
		"install and activate":          {upgrades + `addEventListener("install", () => {}); addEventListener("activate", () => {});`, nil},
		"exports that are used":         {upgrades + `export const helper = () => 1, limits = { message: 1 }; export default { fetch() {}, helper };`, nil},
		"an empty file":                 {``, []string{": nothing listens: neither a listener"}},
		"no event that needs an answer": {`addEventListener("websocketmessage", () => {});`, []string{": no connection can be accepted"}},
		"a misspelt event":              {upgrades + "\n  addEventListener('websocketmesage', () => {});", []string{`:2:3: there is no event "websocketmesage": did you mean "websocketmessage"?`}},
		"an event in capitals":          {upgrades + "addEventListener('webSocketMessage', () => {});", []string{`there is no event "webSocketMessage": did you mean "websocketmessage"?`}},
		"an unknown event":              {upgrades + "\naddEventListener('websocketping', () => {});", []string{`:2:1: there is no event "websocketping": there are fetch, scheduled, websocketupgrade`}},
		"a misspelt fetch":              {upgrades + "addEventListener('fetsh', () => {});", []string{`there is no event "fetsh": did you mean "fetch"?`}},
		"events of WebSocket objects":   {upgrades + "\naddEventListener('message', () => {});\naddEventListener('close', () => {});", []string{`:2:1: nothing here dispatches the event "message": did you mean "websocketmessage"?`, `:3:1: nothing here dispatches the event "close": did you mean "websocketclose"?`}},
		"an event of Workers":           {upgrades + "\n\nfunction add() { addEventListener('queue', () => {}); }\nadd(); add();", []string{`:3:18: nothing here dispatches the event "queue"`}},
		"scheduled without crons":       {upgrades + "addEventListener('scheduled', () => {});", []string{`nothing dispatches scheduled: there are no crons`}},
		"handlers of Workers":           {"export default {\n  fetch() {},\n  tail() {},\n  async queue() {} };", []string{":4:3: nothing calls the exported queue", ":3:3: nothing calls the exported tail"}},
		"handlers of a class":           {"class A {\n  fetch = () => {};\n  email() {} }\nexport default new A();", []string{":3:3: nothing calls the exported email"}},
		"handlers as of Bun":            {"export default { fetch() {},\n  websocket: { message() {} } };", []string{":2:16: nothing calls the exported websocket: listen to websocketupgrade"}},
		"a Durable Object":              {upgrades + "\nexport class Room { fetch() {} }", []string{":2:21: nothing uses the exported class Room: no binding names it as the class of its Durable Objects"}},
		"functions by name":             {upgrades + "\nexport async function scheduled() {}\nexport function GET() {}", []string{":3:8: nothing calls the exported GET: export default an object", ":2:1: nothing calls the exported scheduled"}},
		"warnings of the bundler":       {upgrades + "\nconst a = { x: 1, x: 2 }; if (typeof a === 'nul') a.y;", []string{`:2:19: Duplicate key "x" in object literal`, `:2:`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := serve(t, c.script, worker.Options{Workers: 2})
			got := a.Warnings()
			if len(got) != len(c.want) {
				t.Fatalf("there are the warnings %q; got %q", c.want, got)
			}
			for i, want := range c.want {
				if !strings.Contains(got[i].String(), filepath.Base(a.path)+want) && !strings.Contains(got[i].Text, want) || !got[i].Warning {
					t.Errorf("warning %d is %q; got %q", i, want, got[i])
				}
				if got[i].Line > 0 && got[i].Source == "" {
					t.Errorf("a warning with a position has the line of the source; got %+v", got[i])
				}
			}
			if logged := a.log.count("level=WARN"); logged != len(c.want) {
				t.Errorf("each warning is logged once; got %s", a.log.String())
			}
		})
	}
}

func TestAppWarningsOfListenersAddedLater(t *testing.T) {
	t.Parallel()
	a := serve(t, "addEventListener('websocketupgrade', (event) => {\n  event.accept();\n  addEventListener('websocketmesage', () => {});\n});", worker.Options{})
	a.connect()
	a.connect()
	a.log.line(t, "level=WARN", `did you mean \"websocketmessage\"?`, "app.js:3:3")
	if got := a.log.count("websocketmesage"); got != 1 {
		t.Errorf("the warning is logged once; got %d", got)
	}
}

func TestAppWarningsAreBounded(t *testing.T) {
	t.Parallel()
	a := serve(t, upgrades+"for (let i = 0; i < 10000; i++) addEventListener('websocket' + i, () => {});", worker.Options{})
	if got := len(a.Warnings()); got != 100 {
		t.Errorf("100 warnings are kept; got %d", got)
	}
}

func TestAppReloadRefusesAVersionWithoutListeners(t *testing.T) {
	t.Parallel()
	const script = `
		addEventListener("websocketupgrade", (event) => { event.accept(); });
		addEventListener("websocketmessage", ({ source, data }) => source.send("got " + data));`
	for _, half := range []string{"", "\n", "// a comment", "const a = 1;", "import './other.js';", "addEventListener('install', () => {});", "export const x = 1;"} {
		t.Run(fmt.Sprintf("%q", half), func(t *testing.T) {
			t.Parallel()
			a := serve(t, script, worker.Options{})
			writeIn(t, filepath.Dir(a.path), "other.js", "")
			c := a.connect()
			err := a.rewrite(half)
			if failure, ok := errors.AsType[*worker.LoadError](err); !ok || !strings.Contains(failure.Error(), "app.js: listens to nothing, and the last version listened to websocketupgrade, websocketmessage") {
				t.Errorf("Reload returns an error with the events of the last version; got %v", err)
			}
			c.send("hello")
			c.want("got hello")
			a.reload(script)
			c.send("again")
			c.want("got again")
		})
	}
	a := serve(t, "", worker.Options{})
	a.reload("const nothing = 1;")
	a.reload(script)
}

func TestAppReloadWarnsOfEventsWithoutListeners(t *testing.T) {
	t.Parallel()
	a := serve(t, upgrades+`addEventListener("websocketmessage", () => {});`, worker.Options{})
	a.reload(upgrades)
	a.log.never(t, "any more")
	a.reload(upgrades + `addEventListener("websocketmessage", () => {});`)
	a.connect()
	a.until("the connection is open", func() bool { return a.Server().Count() == 1 })
	a.reload(upgrades)
	a.log.line(t, "level=WARN", "nothing listens to websocketmessage any more")
}
