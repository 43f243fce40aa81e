// Command proxy passes WebSockets on to a backend, and counts the messages of each
// direction:
//
//	go run ./cmd/linger run examples/echo/echo.js              # the backend, on port 8080
//	go run ./examples/proxy 127.0.0.1:8081 ws://127.0.0.1:8080
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"github.com/lingerws/linger/proxy"
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
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}

// counts of messages, by direction.
var fromClients, fromBackend atomic.Int64

// newProxy returns a proxy that looks at each message as it passes.
func newProxy(backend string) (*proxy.Handler, error) {
	return proxy.New(proxy.Options{
		To: []string{backend},
		Intercept: func(m *proxy.Message) bool {
			if string(m.Data) == "how many?" { // is answered here, and goes no further
				text := fmt.Sprintf("%d from clients, %d from the backend", fromClients.Load(), fromBackend.Load())
				if err := m.Answer(false, []byte(text)); err != nil {
					log.Println(err)
				}
				return false
			}
			if m.FromClient {
				fromClients.Add(1)
			} else {
				fromBackend.Add(1)
			}
			return true
		},
	})
}
