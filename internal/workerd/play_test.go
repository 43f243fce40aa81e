package workerd_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/lingerws/linger/internal/testclient"
	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/protocol/handshake"
)

// player plays a conversation with a runtime. A step is one of
//
//	GET /path                      a request; the answer is the status and the body
//	POST /path and a body          the same with a body; other methods likewise
//	GET /path shows LOCATION,ETAG  the same; the answer also has these fields of the header
//	GET /path until PATTERN        requests until the body matches the regular expression
//	NAME connects /path            opens a WebSocket
//	NAME sends text hello          sends a message; also binary
//	NAME receives                  waits for a message, the end of the connection (close CODE REASON), or EOF
//	NAME receives length           the same; the answer is only the length
//	NAME closes 1000 bye           sends a Close
//	NAME aborts                    closes the TCP connection
//	wait 11s                       does nothing
//	restart                        kills the process and starts it again
type player struct {
	folder  string
	start   starter
	server  *server
	output  output // of all processes
	sockets map[string]*testclient.Client
}

// play starts a runtime with the project in a folder, and returns the conversation with the answers, and what the
// processes have written.
func play(start starter, folder string, steps []exchange) (conversation []exchange, log string) {
	p := &player{folder: folder, start: start, sockets: map[string]*testclient.Client{}}
	defer p.stop()
	if err := p.restart(); err != nil {
		return []exchange{{step: err.Error()}}, p.output.String()
	}
	for _, e := range steps {
		answer, err := p.step(e.step)
		for i, line := range answer {
			answer[i] = strings.TrimRight(line, " ")
		}
		if err != nil {
			answer = append(answer, "FAILED: "+err.Error())
		}
		conversation = append(conversation, exchange{e.step, answer})
		if err != nil {
			break
		}
	}
	p.stop()
	return conversation, p.output.String()
}

func (p *player) stop() {
	for _, socket := range p.sockets {
		socket.Abort()
	}
	clear(p.sockets)
	if p.server != nil {
		p.server.stop()
		p.server = nil
	}
}

func (p *player) restart() (err error) {
	p.stop()
	p.server, err = p.start(p.folder, &p.output)
	return err
}

func (p *player) step(step string) (answer []string, err error) {
	subject, rest, _ := strings.Cut(step, " ")
	switch {
	case subject == "wait":
		pause, err := time.ParseDuration(rest)
		time.Sleep(pause)
		return nil, err
	case subject == "restart":
		return nil, p.restart()
	case subject == strings.ToUpper(subject):
		return p.request(subject, rest)
	}
	verb, rest, _ := strings.Cut(rest, " ")
	return p.socket(subject, verb, rest)
}

// client does not follow redirects.
var client = &http.Client{
	Timeout:       timeout,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func (p *player) request(method, rest string) ([]string, error) {
	path, body, _ := strings.Cut(rest, " ")
	if fields, ok := strings.CutPrefix(body, "shows "); ok {
		return p.requestOnce(method, path, "", strings.Split(fields, ",")...)
	}
	pattern, repeats := strings.CutPrefix(body, "until ")
	if !repeats {
		return p.requestOnce(method, path, body)
	}
	expected, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(2 * timeout); ; time.Sleep(100 * time.Millisecond) {
		answer, err := p.requestOnce(method, path, "")
		if err != nil || expected.MatchString(strings.Join(answer, "\n")) {
			return answer, err
		}
		if time.Now().After(deadline) {
			return answer, errors.New("no answer matches the pattern")
		}
	}
}

func (p *player) requestOnce(method, path, body string, fields ...string) ([]string, error) {
	request, err := http.NewRequest(method, p.server.url+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	answer := strings.Split(fmt.Sprintf("%d %s", response.StatusCode, strings.TrimRight(string(content), "\n")), "\n")
	for _, field := range fields {
		answer = append(answer, fmt.Sprintf("%s: %s", field, strings.Join(response.Header.Values(field), ", ")))
	}
	return answer, err
}

func (p *player) socket(name, verb, rest string) ([]string, error) {
	if verb == "connects" {
		return p.connect(name, rest)
	}
	socket := p.sockets[name]
	if socket == nil {
		return nil, fmt.Errorf("%s is not connected", name)
	}
	switch verb {
	case "sends":
		return nil, send(socket, rest)
	case "receives":
		text, err := socket.Receive()
		if rest == "length" {
			text = fmt.Sprint(len(text), " bytes")
		}
		return strings.Split(text, "\n"), err
	case "closes":
		code, reason, _ := strings.Cut(rest, " ")
		number, err := strconv.Atoi(code)
		return nil, errors.Join(err, socket.Close(protocol.CloseCode(number), reason))
	case "aborts":
		socket.Abort()
		delete(p.sockets, name)
		return nil, nil
	}
	return nil, fmt.Errorf("%q is not a step", verb)
}

// send sends a message, or a frame that violates the protocol.
func send(socket *testclient.Client, message string) error {
	kind, payload, _ := strings.Cut(message, " ")
	switch kind {
	case "text":
		return socket.Send(protocol.Text, payload)
	case "binary":
		return socket.Send(protocol.Binary, payload)
	}
	return fmt.Errorf("%q is not a kind of message", kind)
}

func (p *player) connect(name, path string) ([]string, error) {
	socket, err := testclient.Dial(p.server.url + path)
	var failure *handshake.Failure
	if errors.As(err, &failure) {
		return []string{strconv.Itoa(failure.Status)}, nil
	}
	if err != nil {
		return nil, err
	}
	p.sockets[name] = socket
	return []string{"101"}, nil
}
