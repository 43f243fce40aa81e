package main

import (
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
)

// clientCommands are WebSocket clients of the server that serve has started:
//
//	connect NAME PATH [HEADER]...    opens a WebSocket, with more header lines such as 'Origin: http://example.com'
//	returns NAME PATH [HEADER]...    the same, when there is room again: it is declined as long as there is not
//	refused STATUS PATH [HEADER]...  the same request is declined with this status
//	send NAME TEXT                   sends a text message
//	flood NAME N                     sends a binary message of N bytes
//	close NAME CODE [REASON]         starts the closing handshake
//	preconnect                       opens a TCP connection and says nothing, as browsers do
//	receives NAME WANT...            waits for these in this order: 'text hello', 'close 1001 going away', EOF
func clientCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"connect": command(2, func(ts *testscript.TestScript, args []string) {
			c, err := testclient.Dial(ts.Getenv("URL")+args[1], args[2:]...)
			ts.Check(err)
			sceneOf(ts).clients[args[0]] = c
			ts.Defer(c.Cut)
		}),
		"returns": command(2, returns),
		"refused": command(2, refused),
		"send": command(2, func(ts *testscript.TestScript, args []string) {
			ts.Check(clientOf(ts, args[0]).Send(protocol.Text, args[1]))
		}),
		"flood": command(2, func(ts *testscript.TestScript, args []string) {
			ts.Check(clientOf(ts, args[0]).Send(protocol.Binary, strings.Repeat("x", number(ts, args[1]))))
		}),
		"close": command(2, func(ts *testscript.TestScript, args []string) {
			code := protocol.CloseCode(number(ts, args[1]))
			ts.Check(clientOf(ts, args[0]).Close(code, strings.Join(args[2:], " ")))
		}),
		"preconnect": command(0, func(ts *testscript.TestScript, _ []string) {
			conn, err := net.Dial("tcp", ts.Getenv("ADDRESS"))
			ts.Check(err)
			ts.Defer(func() { _ = conn.Close() }) // the server may have
		}),
		"receives": command(2, receives),
	}
}

// command is a script command with at least so many arguments, which cannot be negated.
func command(arguments int, do func(ts *testscript.TestScript, args []string)) scriptCommand {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < arguments {
			ts.Fatalf("the command cannot have a ! before it, and has at least %d arguments", arguments)
		}
		do(ts, args)
	}
}

func clientOf(ts *testscript.TestScript, name string) *testclient.Client {
	c := sceneOf(ts).clients[name]
	if c == nil {
		ts.Fatalf("there is no client %s: use connect first", name)
	}
	return c
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	ts.Check(err)
	return n
}

func returns(ts *testscript.TestScript, args []string) {
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) {
		c, err := testclient.Dial(ts.Getenv("URL")+args[1], args[2:]...)
		failure, declined := errors.AsType[*handshake.Failure](err)
		if declined && failure.Status >= http.StatusTooManyRequests && time.Now().Before(deadline) {
			continue
		}
		ts.Check(err)
		sceneOf(ts).clients[args[0]] = c
		ts.Defer(c.Cut)
		return
	}
}

func refused(ts *testscript.TestScript, args []string) {
	c, err := testclient.Dial(ts.Getenv("URL")+args[1], args[2:]...)
	failure, ok := errors.AsType[*handshake.Failure](err)
	switch {
	case err == nil:
		c.Cut() // the test fails for another reason
		ts.Fatalf("the server declines the upgrade; it accepted")
	case !ok:
		ts.Fatalf("the server answers the upgrade; got %v", err)
	case failure.Status != number(ts, args[0]):
		ts.Fatalf("the server declines the upgrade with %s; it was %d", args[0], failure.Status)
	}
}

func receives(ts *testscript.TestScript, args []string) {
	c := clientOf(ts, args[0])
	for _, want := range args[1:] {
		got, err := c.Receive()
		ts.Check(err)
		if got != want {
			ts.Fatalf("%s receives %q next; got %q", args[0], want, got)
		}
	}
}
