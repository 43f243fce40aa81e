// Package browser_test proves in a real browser what no client of ours can prove: that pages see messages, and how a
// connection ends, as the promises say.
package browser_test

import (
	"fmt"
	"testing"
)

func TestTwoTabsChat(t *testing.T) {
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		ann, bob := b.open(t, chat.url), b.open(t, chat.url)
		ann.join("ann", "lobby")
		ann.shows("ann joined")
		bob.join("bob", "lobby")
		bob.shows("bob joined")
		ann.shows("bob joined")

		ann.say("hello bob")
		bob.shows("ann: hello bob")
		bob.say("<b>hello</b> ann")
		ann.shows("bob: <b>hello</b> ann")
		bob.shows("bob: <b>hello</b> ann")

		bob.close()
		ann.shows("bob left")
		ann.say("alone now")
		ann.shows("ann: alone now")
	})
}

func TestAPageChangesItsRoom(t *testing.T) {
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		ann, bob := b.open(t, chat.url), b.open(t, chat.url)
		ann.join("ann", "lobby")
		ann.shows("ann joined")
		bob.join("bob", "lobby")
		ann.shows("bob joined")
		bob.join("bob", "cellar")
		ann.shows("bob left")
		bob.shows("bob joined")
		bob.say("echo?")
		bob.shows("bob: echo?")
		bob.showsNot("closed: 1000 ")
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
		tab.shows("closed: 4001 " + reason)
	})
}

func TestAPageSeesThatTheServerGoesAway(t *testing.T) {
	const reason = "server shutting down"
	eachChat(t, func(t *testing.T, b browser, chat *program) {
		tab := b.open(t, chat.url)
		tab.join("ann", "lobby")
		tab.shows("ann joined")
		tab.connect("/chat?name=bob")
		tab.shows("bob joined")
		chat.interrupt(t)
		if got, want := tab.closeEvent(), (closeEvent{1001, reason, true}); got != want {
			t.Errorf("the page's CloseEvent is %+v; got %+v", want, got)
		}
		tab.shows(fmt.Sprintf("closed: 1001 %s", reason))
		chat.wantEnd(t)
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
