package modules

import (
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/script"
)

// objectFunctions returns the functions about Durable Objects.
func (t *Table) objectFunctions() map[string]function {
	return map[string]function{
		// objectId(class, kind, text) returns an ID. kind is "name", "unique" or "text".
		"objectId": func(a arguments) (engine.Value, error) {
			id, err := t.host.ObjectID(a.text(0), idKinds[a.text(1)], a.text(2))
			return engine.String(id), err
		},
		// objectNames(object) returns class, ID and name of an object.
		"objectNames": query(func(a arguments) engine.Value {
			o := t.host.ObjectNames(a.int(0))
			return engine.List(engine.String(o.Class), engine.String(o.ID), engine.String(o.Name))
		}),
		// hasCaller(event) returns whether an exception of the event's handler goes to a caller.
		"hasCaller": query(func(a arguments) engine.Value { return engine.Bool(t.host.HasCaller(a.int(0))) }),
		// evicted(object) reports that the object was dropped.
		"evicted": command(func(a arguments) { t.host.Evicted(a.int(0)) }),
	}
}

// idKinds maps the kinds of IDs of the modules.
var idKinds = map[string]script.IDKind{"name": script.NamedID, "unique": script.UniqueID, "text": script.ParsedID}

// objectEvent passes an event about a Durable Object to the modules.
func (t *Table) objectEvent(id int, e script.Event) Call {
	switch e := e.(type) {
	case *script.ObjectRequest:
		return t.call("objectFetch", append(objectValues(id, &e.Object),
			engine.String(e.Request.Method), engine.String(e.Request.URL), headerList(&e.Request.Header),
			receivedValue(e.Request.Body, e.Request.Received))...)
	case *script.ObjectAlarm:
		return t.call("objectAlarm", append(objectValues(id, &e.Object), engine.Number(float64(e.Scheduled.UnixMilli())), engine.Int(e.Retries))...)
	case *script.Synced:
		return t.call("synced", engine.Int(e.Number), engine.String(e.Failure))
	case *script.ObjectReset:
		return t.call("objectReset", engine.Int(e.Object), engine.String(e.Message))
	case *script.ObjectIdle:
		return t.call("objectIdle", engine.Int(e.Object))
	}
	return t.objectSocketEvent(id, e)
}

// objectValues returns the number of an event and the object that it is for, as the first arguments of a function of the modules.
func objectValues(id int, o *script.Object) []engine.Value {
	return []engine.Value{engine.Int(id), engine.Int(o.Number), engine.String(o.Class), engine.String(o.ID), engine.String(o.Name)}
}
