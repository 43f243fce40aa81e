package process

import (
	"slices"
	"strings"

	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/modules"
)

// isolatedConnections answers calls about connections whose answers are known in the child, and decides which calls need an answer.
type isolatedConnections struct {
	parent *parent

	// The connection of the event whose listeners run, as it was when the parent sent the event. It is not known any more after the
	// turn, because another worker may change it.
	present string // its id; "" for none
	state   engine.Value
	data    engine.Value // the text of its data, null if it has none

	facts map[string]engine.Value // what does not change, by ids; at most maxFacts

	// A message to a connection that was accepted, but whose request is not answered yet, or that is sent during the install and activate
	// events, may exceed a limit, which is an exception of send. At all other times the parent decides what happens to a message that
	// has no room.
	accepted    map[int]string // the ids of connections by the numbers of the events that have accepted them, until they are done
	activations map[int]bool   // the numbers of the install and activate events in progress
}

// maxFacts bounds the connections whose facts are known.
const maxFacts = 1024

func newIsolatedConnections(p *parent) isolatedConnections {
	return isolatedConnections{parent: p, facts: map[string]engine.Value{}, accepted: map[int]string{}, activations: map[int]bool{}}
}

// arrive takes the arguments about the connection of an event, and returns those that the function of the modules expects.
func (c *isolatedConnections) arrive(function string, args []engine.Value) []engine.Value {
	switch function {
	case "message", "messages", "drain", "peerclose":
		if n := len(args) - 2; n >= 2 {
			c.present, c.state, c.data = args[1].String(), args[n], args[n+1]
			return args[:n]
		}
	case "close":
		if n := len(args) - 1; n >= 2 {
			c.present, c.state, c.data = args[1].String(), engine.Int(stateClosed), args[n]
			c.forget(c.present)
			return args[:n]
		}
	case "lifecycle":
		c.activations[at(args, 0).Int()] = true
	}
	return args
}

// The values of readyState.
const (
	stateOpen    = 1
	stateClosing = 2
	stateClosed  = 3
)

// leave ends the presence of a connection.
func (c *isolatedConnections) leave() {
	c.present, c.state, c.data = "", engine.Value{}, engine.Value{}
}

// done reports that the listeners of an event are done.
func (c *isolatedConnections) done(event int) {
	delete(c.accepted, event)
	delete(c.activations, event)
	c.parent.call("done", engine.Int(event))
}

// isEarly reports whether a message to a connection may exceed a limit.
func (c *isolatedConnections) isEarly(id string) bool {
	if len(c.activations) > 0 {
		return true
	}
	for _, accepted := range c.accepted { // the upgrade events in progress in this worker
		if accepted == id {
			return true
		}
	}
	return false
}

// isPresent reports whether the first argument is the connection of the event whose listeners run.
func (c *isolatedConnections) isPresent(args []engine.Value) bool {
	return c.present != "" && at(args, 0).String() == c.present
}

// addConnectionFunctions replaces the functions about connections.
func (c *isolatedConnections) addConnectionFunctions(all map[string]modules.Function) {
	none := engine.Undefined()
	ask := func(name string) modules.Function { return all[name] }
	accept, respond, send, closing := ask("accept"), ask("respond"), ask("send"), ask("close")
	state, data, facts := ask("state"), ask("data"), ask("facts")
	call := c.parent.caller
	callSend, callClose, callSetData, callRespond := call("send"), call("close"), call("setData"), call("respond")

	all["accept"] = func(args []engine.Value) (engine.Value, error) {
		id, err := accept(args)
		if id.Kind() == engine.KindString {
			c.accepted[at(args, 0).Int()] = strings.Clone(id.String())
		}
		return id, err
	}
	all["respond"] = func(args []engine.Value) (engine.Value, error) {
		if at(args, 3).Kind() != engine.KindUndefined {
			return respond(args)
		}
		_, _ = callRespond(args) // a response without a stream of the script needs no answer
		return engine.Bool(true), nil
	}
	all["send"] = func(args []engine.Value) (engine.Value, error) {
		if c.isEarly(at(args, 0).String()) {
			return send(args)
		}
		return callSend(args)
	}
	all["close"] = func(args []engine.Value) (engine.Value, error) {
		if len(c.activations) > 0 {
			return closing(args)
		}
		if c.isPresent(args) && c.state.Int() == stateOpen {
			c.state = engine.Int(stateClosing)
		}
		return callClose(args)
	}
	all["state"] = func(args []engine.Value) (engine.Value, error) {
		if c.isPresent(args) {
			return c.state, nil
		}
		return state(args)
	}
	all["data"] = func(args []engine.Value) (engine.Value, error) {
		switch {
		case !c.isPresent(args):
			return data(args)
		case c.data.Kind() == engine.KindNull:
			return none, nil
		}
		return c.data, nil
	}
	all["setData"] = func(args []engine.Value) (engine.Value, error) {
		if c.isPresent(args) {
			c.data = at(args, 1)
		}
		return callSetData(args)
	}
	all["facts"] = func(args []engine.Value) (engine.Value, error) { return c.knownFacts(args, facts) }
}

// knownFacts returns the facts about a connection, which ask gets from the parent.
func (c *isolatedConnections) knownFacts(args []engine.Value, ask modules.Function) (engine.Value, error) {
	if !c.isPresent(args) {
		return ask(args)
	}
	if known, ok := c.facts[c.present]; ok {
		return known, nil
	}
	answer, err := ask(args)
	if list := answer.List(); err == nil && list != nil {
		kept := slices.Clone(list)
		for i, v := range kept {
			kept[i] = engine.String(strings.Clone(v.String()))
		}
		if len(c.facts) >= maxFacts {
			clear(c.facts)
		}
		c.facts[strings.Clone(c.present)] = engine.List(kept...)
	}
	return answer, err
}

// forget removes what is known about a connection that has ended.
func (c *isolatedConnections) forget(id string) { delete(c.facts, id) }
