package websocket_test

import (
	"log"
	"net/http"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

type echo struct{}

func (echo) Message(c *websocket.Driver, m protocol.Event) {
	if _, err := c.Send(m.Opcode, m.Payload); err != nil {
		log.Print(err)
	}
}

func (echo) PeerClose(*websocket.Driver, protocol.Status) {}
func (echo) Pong(*websocket.Driver, []byte)               {}
func (echo) Drained(*websocket.Driver)                    {}

func (echo) Closed(_ *websocket.Driver, end websocket.Outcome) {
	log.Printf("closed with %v, clean: %v", end.Received, end.Clean)
}

func ExampleAcceptDriver() {
	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.AcceptDriver(w, r, nil)
		if err != nil { // answered already
			log.Print(err)
			return
		}
		c.Start(echo{})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
