package driver_test

import (
	"log"
	"net/http"

	"github.com/lingerws/linger/protocol"
	"github.com/lingerws/linger/websocket/driver"
)

type echo struct{}

func (echo) Events(d *driver.Driver, events []protocol.Event) (work bool) {
	for _, ev := range events {
		if ev.Kind != protocol.EventMessage {
			continue
		}
		if _, err := d.Send(ev.Opcode, ev.Payload); err != nil {
			log.Print(err)
		}
	}
	return false
}

func (echo) Work(*driver.Driver)    {}
func (echo) Drained(*driver.Driver) {}

func (echo) Closed(_ *driver.Driver, end driver.Outcome) {
	log.Printf("closed with %v, clean: %v", end.Received, end.Clean)
}

func ExampleAccept() {
	http.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		c, _, err := driver.Accept(w, r, nil)
		if err != nil { // answered already
			log.Print(err)
			return
		}
		c.Start(echo{})
	})
	log.Fatal(http.ListenAndServe("127.0.0.1:8080", nil))
}
