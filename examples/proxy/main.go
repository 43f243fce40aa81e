// Command proxy is a proxy that intercepts messages: it counts them, answers requests for
// the counts, drops commands for administrators, and removes card numbers.
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
		log.Fatal("usage: proxy ADDRESS BACKEND, such as proxy 127.0.0.1:8081 ws://127.0.0.1:8080")
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

// The numbers of messages by direction.
var fromClients, fromBackend atomic.Int64

// newProxy returns a proxy that intercepts messages.
func newProxy(backend string) (*proxy.Handler, error) {
	return proxy.New(proxy.Options{To: []string{backend}, Intercept: intercept})
}

// intercept reports whether to forward a message.
func intercept(m *proxy.Message) bool {
	switch {
	case string(m.Data) == "how many?": // answer it
		answerCounts(m)
		return false
	case m.FromClient && bytes.HasPrefix(m.Data, []byte("/admin")): // drop it
		return false
	}
	if !m.Binary {
		m.Data = card.ReplaceAll(m.Data, []byte("[card]")) // change it
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
