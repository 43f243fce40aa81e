package process

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/lingerws/linger/websocket"
	"github.com/lingerws/linger/worker/internal/script"
)

// closedInspector are the arguments of node with which [child.whereStuck] works: the inspector is off until node gets a
// signal, and then listens on a free port of the loopback interface. Its address contains a random number, which only
// standard error has, so that no other user of the machine can connect.
var closedInspector = []string{"--inspect-port=127.0.0.1:0", "--inspect-publish-uid=stderr"}

// openInspector returns the argument with which node, bun or deno opens its inspector for a developer. Each worker, whose numbers
// begin at 0, has its own port: the one in address plus its number. The port 0 stands for a free one.
func openInspector(address string, worker int) (string, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("the address of the inspector is %q, and should be a host and a port, such as 127.0.0.1:9229: %w", address, err)
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err != nil {
		return "", fmt.Errorf("the port of the inspector is %q, and should be a number up to 65535", text)
	}
	if port != 0 {
		port += uint64(worker)
	}
	if port > 65535 {
		return "", fmt.Errorf("the port of the inspector of worker %d would be %d; choose a smaller one than %s", worker, port, text)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	return "--inspect=" + net.JoinHostPort(host, strconv.FormatUint(port, 10)), nil
}

// maxInspectorMessage bounds a message of the inspector in bytes. Those about scripts contain their source maps.
const maxInspectorMessage = 64 << 20

// whereStuck pauses a child that does not return from the application's code, and returns the calls in progress, the innermost one
// first. The child must be node with the arguments [closedInspector], because other programs end at the signal, and it has to be killed
// afterwards. An error means that it did not pause in time, for example because it is in a built-in function.
func (c *child) whereStuck(timeout time.Duration) ([]script.Frame, error) {
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
	if err != nil {
		return nil, fmt.Errorf("the application cannot be paused: %w", err)
	}
	return i.stack(calls), i.evaluate(ctx, halt)
}

// halt makes Linger's code in a child send what the application has called so far, and how far it is.
const halt = `globalThis[Symbol.for("linger.halt")]?.()`

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
}

// An inspectorMessage is an event, which has a method, or the result of a command.
type inspectorMessage struct {
	ID     int             `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// A pausedCall is a call in progress. Lines and columns begin at 0.
type pausedCall struct {
	Function string `json:"functionName"`
	Location struct {
		Script string `json:"scriptId"`
		Line   int    `json:"lineNumber"`
		Column int    `json:"columnNumber"`
	} `json:"location"`
}

// pause pauses the application, and returns the calls in progress.
func (i *inspector) pause(ctx context.Context) ([]pausedCall, error) {
	for _, method := range []string{"Debugger.enable", "Debugger.pause"} {
		if err := i.send(ctx, method, nil); err != nil {
			return nil, err
		}
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
		return paused.Calls, nil
	}
}

// evaluate evaluates an expression, and waits until that is done.
func (i *inspector) evaluate(ctx context.Context, expression string) error {
	if err := i.send(ctx, "Runtime.evaluate", map[string]any{"expression": expression}); err != nil {
		return err
	}
	for {
		m, err := i.receive(ctx)
		if err != nil || m.ID == i.last {
			return err
		}
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

// stack returns calls as frames. The URL of a file becomes its path.
func (i *inspector) stack(calls []pausedCall) []script.Frame {
	frames := make([]script.Frame, len(calls))
	for n, call := range calls {
		file := i.scripts[call.Location.Script]
		if u, err := url.Parse(file); err == nil && u.Scheme == "file" {
			file = u.Path
		}
		frames[n] = script.Frame{Function: call.Function, File: file, Line: call.Location.Line + 1, Column: call.Location.Column + 1}
	}
	return frames
}
