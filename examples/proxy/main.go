// Command proxy passes WebSockets on to a backend, and looks at the messages of each
// direction: it counts them and answers who asks for the counts, drops what is for the
// backend's operators only, and hides numbers of cards:
//
//	go run ./cmd/linger run examples/echo/echo.js              # the backend, on port 8080
//	go run ./examples/proxy 127.0.0.1:8081 ws://127.0.0.1:8080
package main

import (
	"bytes"
	"fmt"
	"log"
	"net"
	"os"
	"regexp"
	"sync/atomic"

	"github.com/lingerws/linger/proxy"
	"github.com/lingerws/linger/websocket"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("give an address to listen on and the URL of a backend: 127.0.0.1:8081 ws://127.0.0.1:8080")
	}
	h, err := newProxy(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("proxy runs at http://%s/", listener.Addr())
	log.Fatal(websocket.Serve(websocket.NewHTTPServer(h), listener))
}

// counts of messages, by direction.
var fromClients, fromBackend atomic.Int64

// newProxy returns a proxy that looks at each message as it passes.
func newProxy(backend string) (*proxy.Handler, error) {
	return proxy.New(proxy.Options{To: []string{backend}, Intercept: look})
}

// look tells whether a message goes on.
func look(m *proxy.Message) bool {
	switch {
	case string(m.Data) == "how many?": // is answered here
		answerCounts(m)
		return false
	case m.FromClient && bytes.HasPrefix(m.Data, []byte("/admin")): // is dropped
		return false
	}
	if !m.Binary {
		m.Data = card.ReplaceAll(m.Data, []byte("[card]")) // is changed
	}
	if m.FromClient {
		fromClients.Add(1)
	} else {
		fromBackend.Add(1)
	}
	return true
}

var card = regexp.MustCompile(`\b[0-9]{16}\b`)

func answerCounts(m *proxy.Message) {
	text := fmt.Sprintf("%d from clients, %d from the backend", fromClients.Load(), fromBackend.Load())
	if err := m.Answer(false, []byte(text)); err != nil {
		log.Println(err)
	}
}
