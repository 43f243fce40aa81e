package nodes

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/lingerws/linger/websocket"
)

// client is a client of a node, which connects again when its connection has ended. Each connection is a session.
type client struct {
	name     string
	node     *node
	channels []string // the presence of the first has the name of the client

	mu       sync.Mutex
	sessions []*session
}

// session is one connection of a client, with what it has received.
type session struct {
	conn  *websocket.Conn
	id    string // of the connection
	from  time.Time
	ended chan struct{}

	mu       sync.Mutex
	number   int
	waiting  map[int]chan answer
	received map[string]int // how often each message has arrived
	order    []string       // the messages, as they have arrived
	until    time.Time      // zero while the connection is open
}

// answer is the answer to a request.
type answer struct {
	Number int             `json:"number"`
	Value  json.RawMessage `json:"value"`
	Error  string          `json:"error"`
}

// requestTimeout bounds a request: longer than the takeover of an object.
const requestTimeout = 30 * time.Second

var errEnded = errors.New("the connection has ended")

// run connects the client again and again, until ctx ends.
func (c *client) run(ctx context.Context, ready func()) {
	for ctx.Err() == nil {
		s, err := c.connect(ctx)
		if err != nil {
			time.Sleep(200 * time.Millisecond)
			continue
		}
		c.mu.Lock()
		c.sessions = append(c.sessions, s)
		c.mu.Unlock()
		ready()
		ready = func() {}
		select {
		case <-s.ended:
		case <-ctx.Done():
			s.conn.CloseNow()
			<-s.ended
		}
	}
}

// connect opens a connection, and asks for its id.
func (c *client) connect(ctx context.Context) (*session, error) {
	query := url.Values{"member": {c.name}, "channel": c.channels}
	dialling, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := websocket.Dial(dialling, "ws://"+c.node.address()+":8080/?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	s := &session{conn: conn, ended: make(chan struct{}), waiting: map[int]chan answer{}, received: map[string]int{}}
	go s.read()
	value, err := s.request(ctx, "id", nil)
	if err == nil {
		err = json.Unmarshal(value, &s.id)
	}
	if err != nil {
		conn.CloseNow()
		<-s.ended
		return nil, err
	}
	s.from = time.Now()
	return s, nil
}

// current returns the session that is open, nil if there is none.
func (c *client) current() *session {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.sessions) == 0 {
		return nil
	}
	last := c.sessions[len(c.sessions)-1]
	select {
	case <-last.ended:
		return nil
	default:
		return last
	}
}

// read records what arrives, until the connection ends.
func (s *session) read() {
	defer close(s.ended)
	for {
		_, message, err := s.conn.Read(context.Background())
		s.mu.Lock()
		if err != nil {
			s.until = time.Now()
			s.mu.Unlock()
			s.conn.CloseNow()
			return
		}
		if text, ok := strings.CutPrefix(string(message), "answer "); ok {
			var a answer
			if json.Unmarshal([]byte(text), &a) == nil && s.waiting[a.Number] != nil {
				s.waiting[a.Number] <- a
				delete(s.waiting, a.Number)
			}
		} else {
			s.received[string(message)]++
			s.order = append(s.order, string(message))
		}
		s.mu.Unlock()
	}
}

// request sends a request, and returns the value of the answer.
func (s *session) request(ctx context.Context, kind string, fields map[string]any) (json.RawMessage, error) {
	arrived := make(chan answer, 1)
	s.mu.Lock()
	s.number++
	number := s.number
	s.waiting[number] = arrived
	s.mu.Unlock()
	request := map[string]any{"kind": kind, "number": number}
	for name, value := range fields {
		request[name] = value
	}
	text, err := json.Marshal(request)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	if err := s.conn.Write(ctx, websocket.Text, text); err != nil {
		return nil, err
	}
	select {
	case a := <-arrived:
		if a.Error != "" {
			return nil, fmt.Errorf("%s: %s", kind, a.Error)
		}
		return a.Value, nil
	case <-s.ended:
		return nil, errEnded
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
