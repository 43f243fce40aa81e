// Package adminclient is a client of the admin API of a running Linger.
package adminclient

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/lingerws/linger/websocket"
)

// DefaultPort and DefaultAddress are where the admin listener is, unless it was given another address or the port is in use.
const (
	DefaultPort    = 9180
	DefaultAddress = "127.0.0.1:9180"
)

// Bounds of what the server sends.
const (
	maxAnswer = 64 << 20 // bytes
	maxEvent  = 8 << 20  // bytes of one message of a feed
)

// Client sends requests to the admin API. It is safe for concurrent use.
type Client struct {
	address string // as it was given, for errors
	base    string // the URL
	token   string
	dial    func(ctx context.Context, network, address string) (net.Conn, error)
	http    http.Client
}

// Error is an answer of the server with an error.
type Error struct {
	Status  int
	Code    string // identifies the error, such as "connection_gone"
	Message string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Code == "" {
		return e.Message
	}
	return fmt.Sprintf("%s (%s)", e.Message, e.Code)
}

// New returns a client for a listener: HOST:PORT, PORT, a URL, or unix:PATH. "" means DefaultAddress. token may be "".
func New(address, token string) (*Client, error) {
	if address == "" {
		address = DefaultAddress
	}
	c := &Client{address: address, token: token}
	socket := "" // the path of a Unix socket
	switch path, isUnix := strings.CutPrefix(address, "unix:"); {
	case isUnix:
		c.base = "http://localhost"
		socket, _, _ = strings.Cut(path, "?")
	case strings.HasPrefix(address, "http://"), strings.HasPrefix(address, "https://"):
		c.base = strings.TrimRight(address, "/")
	default:
		host, err := hostPort(address)
		if err != nil {
			return nil, err
		}
		c.base = "http://" + host
	}
	if _, err := url.Parse(c.base); err != nil {
		return nil, addressError(address)
	}
	c.dial = func(ctx context.Context, network, to string) (net.Conn, error) {
		if socket != "" {
			network, to = "unix", socket
		}
		return new(net.Dialer).DialContext(ctx, network, to)
	}
	c.http.Transport = &http.Transport{DialContext: c.dial}
	return c, nil
}

// hostPort returns the host and the port of HOST:PORT or PORT.
func hostPort(address string) (string, error) {
	if _, err := strconv.ParseUint(address, 10, 16); err == nil {
		return "127.0.0.1:" + address, nil
	}
	host, port, err := net.SplitHostPort(address)
	if _, badPort := strconv.ParseUint(port, 10, 16); err != nil || badPort != nil {
		return "", addressError(address)
	}
	if ip := net.ParseIP(host); host == "" || ip.IsUnspecified() && ip != nil {
		host = "127.0.0.1" // the address is that of a listener on all interfaces
	}
	return net.JoinHostPort(host, port), nil
}

func addressError(address string) error {
	return fmt.Errorf("%q is not the address of an admin listener: expected HOST:PORT, a port, a URL or unix:PATH", address)
}

// Body is the body of a request.
type Body struct {
	Type    string // the media type
	Content []byte
}

// JSON returns a body with a value.
func JSON(value any) *Body {
	content, err := json.Marshal(value)
	if err != nil {
		content = nil // only values of types that have JSON are sent
	}
	return &Body{"application/json", content}
}

// Do sends a request and stores the answer, which is JSON, in answer, unless that is nil. body may be nil. The error is an *[Error] if
// the server has answered with one.
func (c *Client) Do(ctx context.Context, method, path string, query url.Values, body *Body, answer any) error {
	response, err := c.send(ctx, method, path, query, body)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("the answer of %s is incomplete: %w", c.address, err)
	}
	if response.StatusCode >= 400 {
		return c.errorOf(response.StatusCode, text)
	}
	if answer == nil || len(text) == 0 {
		return nil
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s has not answered with JSON, so it may not be the admin listener of Linger: %w", c.address, err)
	}
	return nil
}

func (c *Client) send(ctx context.Context, method, path string, query url.Values, body *Body) (*http.Response, error) {
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(body.Content)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.url(path, query), content)
	if err != nil {
		return nil, addressError(c.address)
	}
	if body != nil {
		request.Header.Set("Content-Type", body.Type)
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreachable(err)
	}
	return response, nil
}

func (c *Client) url(path string, query url.Values) string {
	target := c.base + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	return target
}

// unreachable returns the error for a server to which a request could not be sent.
func (c *Client) unreachable(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		err = failed.Err
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	return fmt.Errorf("no answer from %s: %w; is linger running there? Its log names the address of its admin listener, which --admin and LINGER_ADMIN_LISTEN choose", c.address, err)
}

// errorOf returns the error in an answer.
func (c *Client) errorOf(status int, text []byte) error {
	var answer struct{ Error Error }
	if err := json.Unmarshal(text, &answer); err != nil || answer.Error.Code == "" {
		return fmt.Errorf("%s has answered with %d %s, so it may not be the admin listener of Linger", c.address, status, http.StatusText(status))
	}
	answer.Error.Status = status
	if status == http.StatusUnauthorized {
		answer.Error.Message += "; set LINGER_ADMIN_TOKEN, or give --token"
	}
	return &answer.Error
}

// Subprotocols of the feeds.
const (
	subprotocol   = "linger.admin"
	tokenProtocol = "linger.token." // followed by the token in base64url
)

// Dial opens a feed: a WebSocket at a path such as /v1/tail. The caller closes it.
func (c *Client) Dial(ctx context.Context, path string, query url.Values) (*websocket.Conn, error) {
	options := &websocket.DialOptions{NetDial: c.dial, Proxy: websocket.NoProxy, Subprotocols: []string{subprotocol}}
	options.MaxMessage = maxEvent
	if c.token != "" {
		options.Subprotocols = append(options.Subprotocols, tokenProtocol+base64.RawURLEncoding.EncodeToString([]byte(c.token)))
	}
	conn, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(c.url(path, query), "http"), options)
	if err == nil {
		return conn, nil
	}
	failed, ok := errors.AsType[*websocket.DialError](err)
	if !ok || failed.Status == 0 {
		return nil, c.unreachable(err)
	}
	return nil, c.errorOf(failed.Status, failed.Body)
}
