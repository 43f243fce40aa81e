// Package browser_test proves in a real browser what no client of ours can prove: that pages see messages, and how a
// connection ends, as the promises say.
package browser_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

func TestTwoTabsChat(t *testing.T) {
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		ann, bob := b.open(t, chat.url), b.open(t, chat.url)
		ann.join("ann", "lobby")
		ann.lists("ann*")
		ann.has("an empty room says what to do", `document.getElementById("hint").checkVisibility() && /second tab/.test(document.getElementById("hint").textContent)`)
		bob.join("bob", "lobby")
		bob.lists("ann bob*")
		ann.lists("ann* bob")
		ann.shows("bob joined")

		ann.say("hello bob")
		ann.shows("you: hello bob")
		bob.shows("ann: hello bob")
		bob.say("<b>hello</b> ann")
		ann.shows("bob: <b>hello</b> ann")
		bob.shows("you: <b>hello</b> ann")
		ann.has("a message says when it was sent", `/\d:\d\d/.test(document.querySelector(".said time").textContent)`)
		ann.has("the hint has gone", `!document.getElementById("hint").checkVisibility()`)

		bob.close()
		ann.shows("bob left")
		ann.lists("ann*")
		ann.say("alone now")
		ann.shows("you: alone now")
	})
}

func TestAPageChangesItsRoom(t *testing.T) {
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		ann, bob := b.open(t, chat.url), b.open(t, chat.url)
		ann.join("ann", "lobby")
		ann.lists("ann*")
		bob.join("bob", "lobby")
		ann.shows("bob joined")
		bob.leave()
		ann.shows("bob left")
		bob.join("bob", "cellar")
		bob.lists("bob*")
		bob.say("echo?")
		bob.shows("you: echo?")
		bob.showsNot("Connection closed: 1000 ")
		ann.showsNot("bob: echo?")
	})
}

func TestAPageSeesTheCloseCodeOfTheServer(t *testing.T) {
	const reason = "choose a name of 1 to 32 characters, and a room of at most 64"
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		tab := b.open(t, chat.url)
		tab.connect("/chat?name=")
		if got, want := tab.closeEvent(), (closeEvent{4001, reason, true}); got != want {
			t.Errorf("the page's CloseEvent is %+v; got %+v", want, got)
		}
		tab.join(" ", "lobby")
		tab.has("the form says why", fmt.Sprintf(`document.getElementById("join").checkVisibility() && document.getElementById("error").innerText === %q`, reason))
		tab.join("ann", "lobby")
		tab.lists("ann*")
	})
}

func TestAPageSeesThatTheServerGoesAwayAndComesBack(t *testing.T) {
	const reason = "server shutting down"
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		tab := b.open(t, chat.url)
		tab.join("ann", "lobby")
		tab.lists("ann*")
		tab.connect("/chat?name=bob")
		tab.shows("bob joined")
		chat.interrupt(t)
		if got, want := tab.closeEvent(), (closeEvent{1001, reason, true}); got != want {
			t.Errorf("the page's CloseEvent is %+v; got %+v", want, got)
		}
		tab.shows(fmt.Sprintf("Connection closed: 1001 %s", reason))
		chat.wantEnd(t)
		tab.has("the page waits longer each time", `tries > 1 && document.getElementById("text").disabled`)
		chat.again(t)
		tab.lists("ann*")
		tab.say("back again")
		tab.shows("you: back again")
	})
}

// What makes the example worth a look: the code changes under the people who talk.
func TestThePageShowsThatItsConnectionStaysOverAReload(t *testing.T) {
	b := startBrowser(t)
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("../../examples/chat")); err != nil {
		t.Fatal(err)
	}
	script := filepath.Join(folder, "chat.js")
	chat := start(t, "cmd/linger", "run", "--watch", "--listen=127.0.0.1:0", script)
	tab := b.open(t, chat.url)
	tab.join("ann", "lobby")
	tab.lists("ann*")
	evaluate[bool](tab, "window.before = socket; true")
	code, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	changed := regexp.MustCompile(`const topic = .*`).ReplaceAllString(string(code), `const topic = "Version <2>";`)
	if err := os.WriteFile(script, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	tab.has("the page shows the new topic", `document.querySelector("#topic span").textContent === "Version <2>"`)
	tab.has("and says what has happened", `/^New code is running, and this connection stayed open: \d+ s/.test(document.querySelector(".note.code")?.textContent)`)
	tab.has("the connection is the same", `before === socket && socket.readyState === 1 && /^connected \d/.test(document.getElementById("status").textContent)`)
}

// A page that is complete asks for nothing but itself.
func TestThePageNeedsNothingElseAndFitsOnAPhone(t *testing.T) {
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		tab := b.open(t, chat.url)
		tab.do("the window is that of a phone", chromedp.EmulateViewport(390, 700))
		tab.join(strings.Repeat("W", 32), strings.Repeat("w", 64))
		tab.lists(strings.Repeat("W", 32) + "*")
		tab.say(strings.Repeat("M", 300))
		tab.has("nothing is wider than the window", `document.querySelector(".said") && [document.documentElement, document.getElementById("log")].every((e) => e.scrollWidth <= e.clientWidth)`)
		tab.has("what matters is in sight", `["status", "leave", "text", "send"].every((id) => {
			const { left, right, top, bottom } = document.getElementById(id).getBoundingClientRect();
			return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
		})`)
		if asked := evaluate[[]string](tab, `performance.getEntriesByType("resource").map(({ name }) => name)`); len(asked) > 0 {
			t.Errorf("the page fetches nothing; it has fetched %q", asked)
		}
	})
}

// eachChat runs a test in one browser, against the chat in JavaScript and in Go.
func eachChat(t *testing.T, test func(t *testing.T, b browser, chat *program)) {
	b := startBrowser(t)
	t.Run("JavaScript", func(t *testing.T) {
		test(t, b, start(t, "cmd/linger", "run", "--listen=127.0.0.1:0", "examples/chat/chat.js"))
	})
	t.Run("Go", func(t *testing.T) {
		test(t, b, start(t, "examples/chat-go", "-listen=127.0.0.1:0"))
	})
}
