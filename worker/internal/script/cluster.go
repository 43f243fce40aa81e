package script

import "github.com/lingerws/linger/protocol"

// ClusterRequests are about the connections of all nodes. Each is answered with an [Answered] event with the same number, unless it
// reports false: then there is no answer.
type ClusterRequests interface {
	// FindConnection looks for a connection of another node. It reports false if the id is not one of another node.
	FindConnection(number int, id string) bool

	// ListConnections lists the connections of a channel, or all for "". It reports false if this node is alone and neither limit nor
	// cursor is set: then Connections is the whole list.
	ListConnections(number int, channel string, limit int, cursor string) bool

	CountConnections(number int, channel string)
	ListMembers(number int, channel string) // lists the presence of a channel
}

// Answered is the answer to one of [ClusterRequests].
type Answered struct {
	Number      int
	Failure     *Throw // nil for none
	Connections []Found
	Members     []Member
	Cursor      string
	Missing     []string // names of nodes
	Count       int
}

// Found is a connection of any node. One of this node has only an ID.
type Found struct {
	ID       string
	Here     bool // it is one of this node
	Facts    Facts
	Header   Header
	State    protocol.State
	Data     string // the text of the last SetData; "" if there is none
	Buffered int
}

// Member is a connection in the presence of a channel. Data is a text as that of SetData; "" if there is none.
type Member struct{ ID, Node, Data string }

// PresenceChanged reports that members of a channel have joined and left.
type PresenceChanged struct {
	Channel      string
	Joined, Left []Member
}

func (*Answered) isEvent()        {}
func (*PresenceChanged) isEvent() {}
