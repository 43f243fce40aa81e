package web

import (
	"fmt"

	"github.com/lingerws/linger/worker/internal/engine"
)

// Realm calls the globals of one runtime. It may only be used by the goroutine that uses the runtime.
type Realm struct {
	runtime   *engine.Runtime
	functions map[string]*engine.Function
	bundles   *onDemand
}

// Function returns the function that a module has exposed with a name. The caller must not release it.
func (r *Realm) Function(name string) (*engine.Function, error) {
	fn, ok := r.functions[name]
	if !ok {
		return nil, fmt.Errorf("web: no module exposes a function named %q", name)
	}
	return fn, nil
}

// FireTimer runs the callback of a timer of SetTimer, as a turn. It does nothing if the timer has been cleared. The error
// is the exception of the callback, an *engine.Exception, or that of the engine.
func (r *Realm) FireTimer(id int) error {
	return r.call("fireTimer", engine.Int(id))
}

// Deliver delivers a message that was published elsewhere to every open BroadcastChannel of its name, each in a separate
// turn that is requested with SetTimer. The content of a CloneMessage is decoded in that turn.
func (r *Realm) Deliver(channel string, message Message) error {
	return r.call("deliverMessage", engine.String(channel), engine.String(message.Kind.String()), message.content())
}

func (r *Realm) call(name string, args ...engine.Value) error {
	fn, err := r.Function(name)
	if err != nil {
		return err
	}
	_, err = r.runtime.Call(fn, args...)
	return err
}

// Kind is the type of the content of a Message.
type Kind int

// The kinds of messages.
const (
	TextMessage  Kind = iota // a string: Text
	BytesMessage             // an ArrayBuffer or a view of one: Bytes
	CloneMessage             // any other value, in Text, in the format of serialize of web/clone.js
)

// String returns "text", "bytes" or "clone".
func (k Kind) String() string {
	switch k {
	case TextMessage:
		return "text"
	case BytesMessage:
		return "bytes"
	case CloneMessage:
		return "clone"
	}
	return fmt.Sprintf("Kind(%d)", int(k))
}

// Message is the content of a message that was posted to a BroadcastChannel.
type Message struct {
	Kind  Kind
	Text  string
	Bytes []byte
}

// content returns the content as an argument of deliverMessage.
func (m Message) content() engine.Value {
	if m.Kind == BytesMessage {
		return engine.Bytes(m.Bytes)
	}
	return engine.String(m.Text)
}

// messageOf returns the Message of the arguments of publish.
func messageOf(kind string, content engine.Value) Message {
	switch kind {
	case "text":
		return Message{Kind: TextMessage, Text: content.String()}
	case "bytes":
		return Message{Kind: BytesMessage, Bytes: content.Bytes()}
	}
	return Message{Kind: CloneMessage, Text: content.String()}
}
