package worker

import "errors"

// clusterSockets are the hibernatable WebSockets of objects whose connections are on other nodes.
type clusterSockets struct{}

// release passes the WebSockets of an object on, which leaves this node as planned.
func (*clusterSockets) release(*object) {}

// lose passes the WebSockets of an object on, which this node does not own any more.
func (*clusterSockets) lose(*object) {}

// reroute passes the event of a WebSocket to the next owner of its object, and reports whether it is one.
func (*event) reroute() bool { return false }

// errOfferHere is the error of an offer of another node.
var errOfferHere = errors.New("worker: a WebSocket of an object on another node cannot be connected")

// exportOffer returns an offer for a record to another node, nil if it has ended.
func (a *App) exportOffer(number int) []byte {
	a.objects.offers.drop(number)
	return []byte{0}
}

// importOffer returns the number of an offer in a record of another node.
func (*App) importOffer([]byte, string) (int, error) { return 0, errOfferHere }
