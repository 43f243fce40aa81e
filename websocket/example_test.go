package websocket_test

import (
	"log"
	"net/http"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket"
)

type echo struct{}

func (echo) Events(d *websocket.Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		switch ev.Kind {
		case protocol.EventMessage:
			if _, err := d.Send(ev.Opcode, ev.Payload); err != nil {
				log.Print(err)
			}
		case protocol.EventFailing: // the peer has broken a rule, and all replies have been sent
			d.Fail()
		default:
		}
	}
	return false
}

func (echo) Work(*websocket.Driver)    {}
func (echo) Drained(*websocket.Driver) {}

func (echo) Closed(_ *websocket.Driver, end websocket.Outcome) {
	log.Printf("closed with %v, clean: %v", end.Received, end.Clean)
}

func ExampleAcceptDriver() {
	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		c, _, err := websocket.AcceptDriver(w, r, nil)
		if err != nil { // answered already
			log.Print(err)
			return
		}
		c.Start(echo{})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
