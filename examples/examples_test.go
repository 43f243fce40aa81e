// Package examples_test runs the examples as programs.
package examples_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

const anyPort = "127.0.0.1:0"

func TestEcho(t *testing.T) {
	t.Parallel()
	ann := connect(t, start(t, "cmd/linger", "run", "--listen="+anyPort, "examples/echo/echo.js"), "/")
	large := strings.Repeat("1 MiB of text, ", 1<<16) + strings.Repeat("x", 1<<16)
	for _, m := range []struct {
		op      protocol.Opcode
		message string
	}{
		{protocol.Text, "hello"},
		{protocol.Text, "grüße, 世界 \U0001F30D"},
		{protocol.Text, ""},
		{protocol.Binary, "\x00\xff\xfe bytes that are not text"},
		{protocol.Binary, ""},
		{protocol.Text, large},
		{protocol.Binary, large},
	} {
		ann.send(m.op, m.message)
		ann.wants(m.op.String() + " " + m.message)
	}
	ann.say("one")
	ann.send(protocol.Binary, "two")
	ann.say("three")
	ann.wants("text one", "binary two", "text three")
	ann.leave()
}

func TestWorkersAPI(t *testing.T) {
	t.Parallel()
	echo := start(t, "cmd/linger", "run", "--listen="+anyPort, "examples/workers-api/echo.js")
	ann := connect(t, echo, "/")
	ann.say("hello")
	ann.send(protocol.Binary, "\x00\xff bytes")
	ann.wants("text hello", "binary \x00\xff bytes")
	ann.leave()
	echo.interrupt(t)
	if all := echo.wantEnd(t); !strings.Contains(all, "\n3 1000 true\n") || strings.Count(all, "a reload closes") != 1 {
		t.Errorf("the output does not have the close event, or not exactly one warning:\n%s", all)
	}
}

// chats starts the chat in JavaScript and in Go.
var chats = map[string]func(t *testing.T) *program{
	"JavaScript": func(t *testing.T) *program {
		return start(t, "cmd/linger", "run", "--listen="+anyPort, "examples/chat/chat.js")
	},
	"Go": func(t *testing.T) *program { return start(t, "examples/chat-go", "-listen="+anyPort) },
}

// eachChat runs a test with both chats.
func eachChat(t *testing.T, test func(t *testing.T, chat *program)) {
	for name, run := range chats {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, run(t))
		})
	}
}

func TestChatConversation(t *testing.T) {
	eachChat(t, func(t *testing.T, chat *program) {
		ann := join(t, chat, "/chat?name=ann&room=lobby")
		ann.hears("joined ann", "welcome ann")
		bob := join(t, chat, "/chat?name=%20bob%20") // without a room it is the lobby
		ann.hears("joined bob")
		bob.hears("joined bob", "welcome ann bob")
		eve := join(t, chat, "/chat?name=eve&room=cellar")
		eve.hears("joined eve", "welcome eve")

		ann.say("hello")
		bob.hears("said ann hello")
		bob.say(`"grüße" <b>`)
		bob.hears(`said bob "grüße" <b>`)
		ann.hears("said ann hello", `said bob "grüße" <b>`)

		eve.say("hello?") // messages do not pass between rooms
		eve.hears("said eve hello?")

		bob.leave()
		ann.hears("left bob")
		ann.say("alone")
		ann.hears("said ann alone")
	})
}

func TestChatMessageID(t *testing.T) {
	eachChat(t, func(t *testing.T, chat *program) {
		first, second := join(t, chat, "/chat?name=ann"), join(t, chat, "/chat?name=ann") // the same name twice
		first.hears("joined ann", "welcome ann", "joined ann")
		mine := second.hears("joined ann", "welcome ann ann").You
		second.say("which one?")
		if got := first.hears("said ann which one?"); got.ID != mine || mine == "" {
			t.Errorf("the message has the id %s, expected that of the sender's welcome, %s", got.ID, mine)
		}
		if age := time.Since(time.UnixMilli(second.hears("said ann which one?").At)); age < -time.Minute || age > time.Hour {
			t.Errorf("the age of the message is %v", age)
		}
	})
}

func TestChatBinaryMessage(t *testing.T) {
	eachChat(t, func(t *testing.T, chat *program) {
		ann := join(t, chat, "/chat?name=ann")
		ann.hears("joined ann", "welcome ann")
		bob := join(t, chat, "/chat?name=bob")
		bob.hears("joined bob", "welcome ann bob")
		ann.hears("joined bob")
		ann.send(protocol.Binary, "bytes")
		ann.wants("close 1003 text only", "EOF")
		bob.hears("left ann")
	})
}

func TestChatInvalidNames(t *testing.T) {
	const reason = "close 4001 choose a name of 1 to 32 characters, and a room of at most 64"
	fits, tooLong := strings.Repeat("ä", 32), strings.Repeat("ä", 33)
	eachChat(t, func(t *testing.T, chat *program) {
		watch := join(t, chat, "/chat?name=watch")
		watch.hears("joined watch", "welcome watch")
		for _, query := range []string{"", "?name=", "?name=%20%20", "?name=" + tooLong, "?name=ann&room=" + tooLong + tooLong} {
			connect(t, chat, "/chat"+query).wants(reason, "EOF")
		}
		join(t, chat, "/chat?name="+fits).hears("joined "+fits, "welcome watch "+fits)
		watch.hears("joined " + fits) // nothing about the refused connections
	})
}

func TestChatShutdown(t *testing.T) {
	eachChat(t, func(t *testing.T, chat *program) {
		ann := join(t, chat, "/chat?name=ann&room=attic")
		bob := join(t, chat, "/chat?name=bob&room=cellar")
		ann.hears("joined ann", "welcome ann")
		bob.hears("joined bob", "welcome bob")
		chat.interrupt(t)
		ann.wants("close 1001 server shutting down", "EOF")
		bob.wants("close 1001 server shutting down", "EOF")
		chat.wantEnd(t)
	})
}

func TestChatPage(t *testing.T) {
	pages := map[string]string{}
	for name, run := range chats {
		chat := run(t)
		pages[name] = page(t, chat.url+"/", http.StatusOK)
		page(t, chat.url+"/nothing", http.StatusNotFound)
	}
	if pages["Go"] != pages["JavaScript"] {
		t.Errorf("chat.js and chat-go serve different pages, of %d and %d bytes",
			len(pages["JavaScript"]), len(pages["Go"]))
	}
}

// page fetches a page and returns its body.
func page(t *testing.T, url string, status int) string {
	t.Helper()
	client := http.Client{Timeout: timeout}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != status {
		t.Fatalf("the response to %s has status %d and error %v, expected %d", url, response.StatusCode, err, status)
	}
	if kind := response.Header.Get("Content-Type"); status == http.StatusOK && kind != "text/html; charset=utf-8" {
		t.Errorf("Content-Type of %s is %q", url, kind)
	}
	return string(body)
}

func TestProxy(t *testing.T) {
	t.Parallel()
	backend := start(t, "cmd/linger", "run", "--listen="+anyPort, "examples/echo/echo.js")
	ann := connect(t, start(t, "examples/proxy", anyPort, strings.Replace(backend.url, "http", "ws", 1)), "/")
	ann.say("one")
	ann.say("/admin stop")
	ann.say("my card is 4111111111111111")
	ann.wants("text one", "text my card is [card]")
	ann.say("how many?")
	ann.wants("text 2 from clients, 2 from the backend")
	ann.leave()
}

func TestCluster(t *testing.T) {
	t.Parallel()
	links := []string{freeAddress(t), freeAddress(t)}
	a := start(t, "examples/cluster-go", "-listen="+anyPort, "-node=a", "-cluster-listen="+links[0])
	b := start(t, "examples/cluster-go", "-listen="+anyPort, "-node=b", "-cluster-listen="+links[1], "-cluster-join="+links[0])
	ann, bob := connect(t, a, "/"), connect(t, b, "/")
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) { // until each node has found the other
		ann.say("who")
		got, err := ann.c.Receive()
		if err != nil || time.Now().After(deadline) {
			t.Fatalf("the nodes find each other; the last answer was %q, %v", got, err)
		}
		if got == "text node a of a, b, 2 connections" {
			break
		}
	}
	bob.say("who")
	bob.wants("text node b of a, b, 2 connections")
	ann.say("hello")
	bob.wants("text hello")
	bob.say("welcome")
	ann.wants("text welcome")
}

// freeAddress returns an address on which nothing listens.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", anyPort)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	return l.Addr().String()
}
