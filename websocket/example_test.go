package websocket_test

import (
	"log"
	"net/http"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

type echo struct{}

func (echo) Message(c *websocket.Conn, op protocol.Opcode, payload []byte, _ bool) {
	if _, err := c.Send(op, payload); err != nil {
		log.Print(err)
	}
}

func (echo) PeerClose(*websocket.Conn, protocol.Status) {}
func (echo) Drained(*websocket.Conn)                    {}

func (echo) Closed(_ *websocket.Conn, end websocket.Outcome) {
	log.Printf("closed with %v, clean: %v", end.Received, end.Clean)
}

func ExampleAccept() {
	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil { // answered already
			log.Print(err)
			return
		}
		c.Start(echo{})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
