package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker/internal/script"
)

// closedInspector are the arguments of node with which [child.halt] works: the inspector is off until node gets a
// signal, and then listens on a free port of the loopback interface. Its address contains a random number, which only
// standard error has, so that no other user of the machine can connect.
var closedInspector = []string{"--inspect-port=127.0.0.1:0", "--inspect-publish-uid=stderr"}

// maxInspectorMessage bounds a message of the inspector in bytes. Those about scripts contain their source maps.
const maxInspectorMessage = 64 << 20

// halt pauses a child that does not return from the application's code, has it report how far it is, and returns the calls in progress, the
// innermost one first. own reports whether a file is Linger's. The child must be node with the arguments [closedInspector], because
// other programs end at the signal, and it has to be killed afterwards. An error means that it did not pause in time, for example
// because it is in a built-in function. If there are calls, it has paused but has not reported.
func (c *child) halt(timeout time.Duration, own func(file string) bool) ([]script.Frame, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	address, err := c.inspectorAddress(ctx)
	if err != nil {
		return nil, err
	}
	conn, err := websocket.Dial(ctx, address, &websocket.DialOptions{
		Options: websocket.Options{MaxMessage: maxInspectorMessage}, Proxy: websocket.NoProxy,
	})
	if err != nil {
		return nil, fmt.Errorf("the inspector does not accept a connection: %w", err)
	}
	defer conn.CloseNow()
	i := &inspector{conn: conn, scripts: map[string]string{}}
	calls, err := i.pause(ctx)
	if err == nil {
		calls, err = i.enter(ctx, calls)
	}
	if err != nil {
		return nil, fmt.Errorf("the application cannot be paused: %w", err)
	}
	frames := i.stack(calls)
	if err = i.leave(ctx, calls, own); err == nil {
		err = i.evaluate(ctx, `globalThis[Symbol.for("linger.halt")]()`)
	}
	return frames, err
}

// inspectorAddress has node open its inspector, and returns the URL. What node writes to standard error after that is not printed: it is
// about the inspector.
func (c *child) inspectorAddress(ctx context.Context) (string, error) {
	addresses := make(chan string, 1)
	open := false
	c.output.intercept(func(line string) bool {
		if address, ok := strings.CutPrefix(line, "Debugger listening on "); ok && !open {
			open = true
			addresses <- address
		}
		return open
	})
	if err := c.openInspector(); err != nil {
		return "", err
	}
	select {
	case address := <-addresses:
		return address, checkLoopback(address)
	case <-c.ended:
		return "", errors.New("the process has ended")
	case <-ctx.Done():
		return "", errors.New("the inspector was not opened in time")
	}
}

// checkLoopback returns an error unless the host of a URL is an address of this machine.
func checkLoopback(address string) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("the inspector has printed a wrong address: %w", err)
	}
	if host, err := netip.ParseAddr(u.Hostname()); err != nil || !host.IsLoopback() {
		return fmt.Errorf("the inspector listens on %q, which is not an address of the loopback interface", u.Host)
	}
	return nil
}

// An inspector is a connection to the inspector of V8, which has the Chrome DevTools Protocol.
type inspector struct {
	conn    *websocket.Conn
	last    int               // the number of the last command
	scripts map[string]string // the URLs of scripts by their ids
	top     string            // the id of the innermost call
}

// An inspectorMessage is an event, which has a method, or the result of a command, which has its number.
type inspectorMessage struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// A pausedCall is a call in progress. Lines and columns begin at 0.
type pausedCall struct {
	ID       string `json:"callFrameId"`
	Function string `json:"functionName"`
	Location struct {
		Script string `json:"scriptId"`
		Line   int    `json:"lineNumber"`
		Column int    `json:"columnNumber"`
	} `json:"location"`
}

// pause pauses the application, and returns the calls in progress.
func (i *inspector) pause(ctx context.Context) ([]pausedCall, error) {
	if err := i.send(ctx, "Debugger.enable", nil); err != nil {
		return nil, err
	}
	return i.pauseBy(ctx, "Debugger.pause")
}

// pauseBy sends a command after which the application pauses, and returns the calls in progress then.
func (i *inspector) pauseBy(ctx context.Context, method string) ([]pausedCall, error) {
	if err := i.send(ctx, method, nil); err != nil {
		return nil, err
	}
	for {
		m, err := i.receive(ctx)
		if err != nil {
			return nil, err
		}
		if m.Method != "Debugger.paused" {
			continue
		}
		var paused struct {
			Calls []pausedCall `json:"callFrames"`
		}
		if err := json.Unmarshal(m.Params, &paused); err != nil {
			return nil, err
		}
		if len(paused.Calls) == 0 {
			return nil, errors.New("no call is in progress")
		}
		i.top = paused.Calls[0].ID
		return paused.Calls, nil
	}
}

// maxSteps bounds the steps from node's own code to that of a script. One is enough, unless node's code goes on for longer.
const maxSteps = 100

// enter continues the application until a call of a script is in progress: node may have paused between two jobs of promises.
func (i *inspector) enter(ctx context.Context, calls []pausedCall) (_ []pausedCall, err error) {
	isNode := func(c pausedCall) bool { return strings.HasPrefix(i.file(c), "node:") }
	for step := 0; step < maxSteps && !slices.ContainsFunc(calls, func(c pausedCall) bool { return !isNode(c) }); step++ {
		if calls, err = i.pauseBy(ctx, "Debugger.stepInto"); err != nil {
			return nil, err
		}
	}
	return calls, nil
}

// leave continues the application until the innermost call is not one that Linger's code has made, because that code can be in the middle of
// a frame of the worker protocol.
func (i *inspector) leave(ctx context.Context, calls []pausedCall, own func(file string) bool) (err error) {
	for i.isIn(calls, own) {
		if !slices.ContainsFunc(calls, func(c pausedCall) bool { return i.isApplication(c, own) }) {
			return errors.New("no code of the application is in progress")
		}
		if calls, err = i.pauseBy(ctx, "Debugger.stepOut"); err != nil {
			return err
		}
	}
	return nil
}

// isIn reports whether the innermost call that is not one of node is one of Linger's code.
func (i *inspector) isIn(calls []pausedCall, own func(file string) bool) bool {
	for _, c := range calls {
		if file := i.file(c); own(file) || i.isApplication(c, own) {
			return own(file)
		}
	}
	return true
}

// isApplication reports whether a call is in the application's code or in a package.
func (i *inspector) isApplication(c pausedCall, own func(file string) bool) bool {
	file := i.file(c)
	return !own(file) && !strings.HasPrefix(file, "node:")
}

// evaluate evaluates an expression.
func (i *inspector) evaluate(ctx context.Context, expression string) error {
	err := i.send(ctx, "Debugger.evaluateOnCallFrame", map[string]any{"callFrameId": i.top, "expression": expression, "silent": true})
	if err != nil {
		return err
	}
	for number := i.last; ; {
		m, err := i.receive(ctx)
		if err != nil {
			return err
		}
		if m.ID != number {
			continue
		}
		var evaluated struct {
			Exception json.RawMessage `json:"exceptionDetails"`
		}
		if err = json.Unmarshal(m.Result, &evaluated); err == nil && evaluated.Exception != nil {
			err = fmt.Errorf("%s has thrown: %s", expression, evaluated.Exception)
		}
		return err
	}
}

// send sends a command.
func (i *inspector) send(ctx context.Context, method string, params map[string]any) error {
	i.last++
	text, err := json.Marshal(map[string]any{"id": i.last, "method": method, "params": params})
	if err != nil {
		return err
	}
	return i.conn.Write(ctx, websocket.Text, text)
}

// receive returns the next message. The failure of a command is an error.
func (i *inspector) receive(ctx context.Context) (m inspectorMessage, err error) {
	_, text, err := i.conn.Read(ctx)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, err
	}
	if m.Error != nil {
		return m, errors.New(m.Error.Message)
	}
	if m.Method == "Debugger.scriptParsed" {
		err = i.remember(m.Params)
	}
	return m, err
}

// remember keeps the URL of a script.
func (i *inspector) remember(params json.RawMessage) error {
	var parsed struct {
		ID  string `json:"scriptId"`
		URL string `json:"url"`
	}
	if err := json.Unmarshal(params, &parsed); err != nil {
		return err
	}
	i.scripts[parsed.ID] = parsed.URL
	return nil
}

// stack returns calls as frames.
func (i *inspector) stack(calls []pausedCall) []script.Frame {
	frames := make([]script.Frame, len(calls))
	for n, call := range calls {
		frames[n] = script.Frame{Function: call.Function, File: i.file(call), Line: call.Location.Line + 1, Column: call.Location.Column + 1}
	}
	return frames
}

// file returns the path of the file of a call, or the URL of another script.
func (i *inspector) file(call pausedCall) string {
	address := i.scripts[call.Location.Script]
	if u, err := url.Parse(address); err == nil && u.Scheme == "file" {
		return u.Path
	}
	return address
}
