package modules

import (
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/script"
)

// clusterFunctions returns the functions about the connections of all nodes. Except for publishHere they are answered with a call of
// answered(number, failure, connections, members, cursor, missing, count).
func (t *Table) clusterFunctions() map[string]function {
	return map[string]function{
		// findConnection(number, id) returns false if there is no answer, because the id is not one of another node.
		"findConnection": query(func(a arguments) engine.Value { return engine.Bool(t.host.FindConnection(a.int(0), a.text(1))) }),
		// listConnections(number, channel, limit, cursor) returns false if there is no answer, because list returns all.
		"listConnections": query(func(a arguments) engine.Value {
			return engine.Bool(t.host.ListConnections(a.int(0), a.text(1), a.int(2), a.text(3)))
		}),
		// countConnections(number, channel)
		"countConnections": command(func(a arguments) { t.host.CountConnections(a.int(0), a.text(1)) }),
		// listMembers(number, channel)
		"listMembers": command(func(a arguments) { t.host.ListMembers(a.int(0), a.text(1)) }),
		// join(connection, channel, data) makes a connection a member of a channel.
		"join": attempt(func(a arguments) error { return t.host.Join(a.text(0), a.text(1), a.text(2)) }),
		// publishHere(channel, message) sends a message to the subscribers on this node, and returns their number.
		"publishHere": func(a arguments) (engine.Value, error) {
			n, err := t.host.PublishHere(a.text(0), a.payload())
			return engine.Int(n), err
		},
	}
}

// answered passes the answer to a request about the cluster to the modules. A connection of this node is a list of its id; another one has
// what it was at that moment too. A failure is a name and a message.
func (t *Table) answered(e *script.Answered) Call {
	failure := nothing
	if e.Failure != nil {
		failure = engine.List(engine.String(e.Failure.Name), engine.String(e.Failure.Message))
	}
	var connections []engine.Value
	for i := range e.Connections {
		connections = append(connections, foundValue(&e.Connections[i]))
	}
	return t.call("answered", engine.Int(e.Number), failure, engine.List(connections...), membersValue(e.Members),
		engine.String(e.Cursor), textList(e.Missing), engine.Int(e.Count))
}

func foundValue(f *script.Found) engine.Value {
	if f.Here {
		return engine.List(engine.String(f.ID))
	}
	return engine.List(engine.String(f.ID), engine.String(f.Facts.URL), engine.String(f.Facts.Subprotocol), addressText(f.Facts.RemoteIP),
		headerList(&f.Header), ReadyState(f.State), dataText(f.Data), engine.Int(f.Buffered))
}

// membersValue returns members as a list of lists: the id, the node, and the text of the data or undefined.
func membersValue(members []script.Member) engine.Value {
	list := make([]engine.Value, 0, len(members))
	for _, m := range members {
		list = append(list, engine.List(engine.String(m.ID), engine.String(m.Node), dataText(m.Data)))
	}
	return engine.List(list...)
}

func dataText(data string) engine.Value {
	if data == "" {
		return nothing
	}
	return engine.String(data)
}
