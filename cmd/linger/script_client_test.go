package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
)

// clientCommands are script commands for WebSocket clients of the server that serve has started:
//
//	connect NAME PATH [HEADER]...    opens a WebSocket, with further header lines such as 'Origin: http://example.com'
//	returns NAME PATH [HEADER]...    connect, repeated as long as the server refuses the request with 429 or above
//	refused STATUS PATH [HEADER]...  sends the same request, which must be refused with this status
//	send NAME TEXT                   sends a text message
//	flood NAME N                     sends a binary message of N bytes
//	close NAME CODE [REASON]         starts the closing handshake
//	preconnect                       opens a TCP connection without sending a request, as browsers do
//	talk TEXT RE                     sends text with the escapes of Go on a TCP connection; what comes back until its end must match RE
//	receives NAME WANT...            waits for these in this order: 'text hello', 'close 1001 going away', EOF
func clientCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"connect": command(2, func(ts *testscript.TestScript, args []string) {
			c, err := testclient.Dial(ts.Getenv("URL")+args[1], args[2:]...)
			ts.Check(err)
			stateOf(ts).clients[args[0]] = c
			ts.Defer(c.Abort)
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
			ts.Defer(func() { _ = conn.Close() }) // the server may have closed it
		}),
		"talk":     command(2, talk),
		"receives": command(2, receives),
	}
}

// command returns a script command that cannot be negated and that has at least minArgs arguments.
func command(minArgs int, do func(ts *testscript.TestScript, args []string)) scriptCommand {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) < minArgs {
			ts.Fatalf("the command cannot be negated with !, and needs at least %d arguments", minArgs)
		}
		do(ts, args)
	}
}

func clientOf(ts *testscript.TestScript, name string) *testclient.Client {
	c := stateOf(ts).clients[name]
	if c == nil {
		ts.Fatalf("unknown client %s: use connect first", name)
	}
	return c
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	ts.Check(err)
	return n
}

func returns(ts *testscript.TestScript, args []string) {
	for deadline := time.Now().Add(testTimeout); ; time.Sleep(time.Millisecond) {
		c, err := testclient.Dial(ts.Getenv("URL")+args[1], args[2:]...)
		failure, refused := errors.AsType[*handshake.Failure](err)
		if refused && failure.Status >= http.StatusTooManyRequests && time.Now().Before(deadline) {
			continue
		}
		ts.Check(err)
		stateOf(ts).clients[args[0]] = c
		ts.Defer(c.Abort)
		return
	}
}

func refused(ts *testscript.TestScript, args []string) {
	c, err := testclient.Dial(ts.Getenv("URL")+args[1], args[2:]...)
	failure, ok := errors.AsType[*handshake.Failure](err)
	switch {
	case err == nil:
		c.Abort()
		ts.Fatalf("the server must refuse the upgrade; it has accepted it")
	case !ok:
		ts.Fatalf("the server must respond to the upgrade request; got %v", err)
	case failure.Status != number(ts, args[0]):
		ts.Fatalf("the server must refuse the upgrade with %s; it was %d", args[0], failure.Status)
	}
}

func receives(ts *testscript.TestScript, args []string) {
	c := clientOf(ts, args[0])
	for _, want := range args[1:] {
		got, err := c.Receive()
		ts.Check(err)
		if got != want {
			ts.Fatalf("%s must receive %q next; got %q", args[0], want, got)
		}
	}
}

func talk(ts *testscript.TestScript, args []string) {
	text, err := strconv.Unquote(`"` + args[0] + `"`)
	ts.Check(err)
	conn, err := net.Dial("tcp", ts.Getenv("ADDRESS"))
	ts.Check(err)
	defer func() { _ = conn.Close() }()
	ts.Check(conn.SetDeadline(time.Now().Add(testTimeout)))
	_, err = io.WriteString(conn, text)
	ts.Check(err)
	got, _ := io.ReadAll(conn) // the server may reset it
	if !regexp.MustCompile(args[1]).Match(got) {
		ts.Fatalf("%q must be answered with %q; got %q", text, args[1], got)
	}
}
