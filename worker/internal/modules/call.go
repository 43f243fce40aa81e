package modules

import (
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/script"
)

// callFunctions returns the functions about calls and requests between parts of the application.
func (t *Table) callFunctions() map[string]function {
	return map[string]function{
		// call(number, from, kind, a, b, c, path, get, text, plain, bodies, references) calls a target; called(number, …) gets the result.
		"call": attempt(func(a arguments) error {
			call := script.Call{Path: a.texts(6), Get: a.bool(7), Args: a.value(8)}
			return t.host.Call(a.int(0), a.int(1), a.target(2), call)
		}),
		// fetchFrom(number, from, kind, a, b, c, method, url, headers, redirected, …body) sends a request to a target.
		"fetchFrom": attempt(func(a arguments) error {
			request := &script.ObjectFetch{Method: a.text(6), URL: a.text(7), Header: a.header(8), Redirected: a.bool(9)}
			return t.host.FetchFrom(a.int(0), a.int(1), a.target(2), request, a.body(10))
		}),
		// returned(event, text, plain, bodies, references) ends the event of a call with its result, and thrown with its exception.
		"returned": attempt(func(a arguments) error { return t.host.Return(a.int(0), script.Outcome{Value: a.value(1)}) }),
		"thrown": attempt(func(a arguments) error {
			return t.host.Return(a.int(0), script.Outcome{Value: a.value(1), Thrown: true})
		}),
		// newReference(object) returns the number of a reference.
		"newReference": func(a arguments) (engine.Value, error) {
			number, err := t.host.NewReference(a.int(0))
			return engine.Int(number), err
		},
		"holdReference":    command(func(a arguments) { t.host.HoldReference(a.int(0)) }),
		"releaseReference": command(func(a arguments) { t.host.ReleaseReference(a.int(0)) }),
		"dropReference":    command(func(a arguments) { t.host.DropReference(a.int(0)) }),
	}
}

// target returns a target in four arguments from i on: its kind, and what names it.
func (a arguments) target(i int) script.Target {
	switch a.text(i) {
	case "object":
		return script.Target{Object: &script.ObjectRef{Class: a.text(i + 1), ID: a.text(i + 2), Name: a.text(i + 3)}}
	case "entrypoint":
		return script.Target{Entrypoint: &script.Entrypoint{Name: a.text(i + 1), Props: a.text(i + 2)}}
	}
	return script.Target{Reference: a.int(i + 1)}
}

// value returns a value in four arguments from i on: its text, whether it is plain, its bodies, each as a list, and the numbers of its references.
func (a arguments) value(i int) script.Value {
	v := script.Value{Text: a.text(i), Plain: a.bool(i + 1)}
	for _, body := range a.at(i + 2).List() {
		v.Bodies = append(v.Bodies, arguments(body.List()).body(0))
	}
	for _, reference := range a.at(i + 3).List() {
		v.References = append(v.References, reference.Int())
	}
	return v
}

// callEvent passes an event about a call to the modules.
func (t *Table) callEvent(id int, e script.Event) Call {
	switch e := e.(type) {
	case *script.ObjectCall:
		return t.call("objectCall", append(objectValues(id, &e.Object), callValues(&e.Call)...)...)
	case *script.EntrypointCall:
		return t.call("entrypointCall", append(entrypointValues(id, &e.Entrypoint), callValues(&e.Call)...)...)
	case *script.EntrypointRequest:
		return t.call("entrypointFetch", append(entrypointValues(id, &e.Entrypoint), requestValues(&e.Request)...)...)
	case *script.ReferenceCall:
		return t.call("referenceCall", append([]engine.Value{engine.Int(id), engine.Int(e.Reference)}, callValues(&e.Call)...)...)
	case *script.ReferenceReleased:
		return t.call("referenceReleased", engine.Int(e.Reference))
	case *script.CallResult:
		o := &e.Outcome
		return t.call("called", append([]engine.Value{engine.Int(e.Number), engine.Bool(o.Thrown), engine.String(o.Failure), textList(o.Flags)},
			valueList(&o.Value)...)...)
	}
	return Call{}
}

// entrypointValues returns the number of an event and the entry point that it is for, as the first arguments of a function of the modules.
func entrypointValues(id int, e *script.Entrypoint) []engine.Value {
	return []engine.Value{engine.Int(id), engine.String(e.Name), engine.String(e.Props)}
}

// requestValues returns a request as arguments of a function of the modules.
func requestValues(r *script.Request) []engine.Value {
	return []engine.Value{engine.String(r.Method), engine.String(r.URL), headerList(&r.Header), receivedValue(r.Body, r.Received)}
}

// callValues returns a call as arguments of a function of the modules.
func callValues(c *script.Call) []engine.Value {
	return append([]engine.Value{textList(c.Path), engine.Bool(c.Get)}, valueList(&c.Args)...)
}

// valueList returns a value as arguments of a function of the modules: its text, whether it is plain, its bodies and its references.
func valueList(v *script.Value) []engine.Value {
	bodies := make([]engine.Value, 0, len(v.Bodies))
	for _, b := range v.Bodies {
		bodies = append(bodies, receivedValue(b.Content, b.Received))
	}
	references := make([]engine.Value, 0, len(v.References))
	for _, number := range v.References {
		references = append(references, engine.Int(number))
	}
	return []engine.Value{engine.String(v.Text), engine.Bool(v.Plain), engine.List(bodies...), engine.List(references...)}
}

// textList returns texts as a list of the engine.
func textList(texts []string) engine.Value {
	list := make([]engine.Value, 0, len(texts))
	for _, text := range texts {
		list = append(list, engine.String(text))
	}
	return engine.List(list...)
}
