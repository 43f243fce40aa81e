package web

import (
	"fmt"

	"github.com/lingerws/linger/worker/internal/engine"
)

// Realm is what Go can ask of the globals of one runtime. It belongs to the goroutine that uses the runtime.
type Realm struct {
	runtime   *engine.Runtime
	functions map[string]*engine.Function
}

// Function returns the function that a module exposed under name. It stays the realm's: do not release it.
func (r *Realm) Function(name string) (*engine.Function, error) {
	fn, ok := r.functions[name]
	if !ok {
		return nil, fmt.Errorf("web: no module exposes a function named %q", name)
	}
	return fn, nil
}

// FireTimer runs the callback of a timer that SetTimer asked for, as a turn. A timer that was cleared meanwhile does
// nothing. The error is what the callback threw, an *engine.Exception, or the engine's.
func (r *Realm) FireTimer(id int) error {
	return r.call("fireTimer", engine.Int(id))
}

// Deliver has a message that was published elsewhere reach every open BroadcastChannel of its name, each in a turn of
// its own that SetTimer is asked for. Content that is no clone is not checked before it is delivered.
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

// Kind tells how the content of a Message is to be understood.
type Kind int

// The kinds of messages.
const (
	TextMessage  Kind = iota // a string: Text
	BytesMessage             // an ArrayBuffer or a view of one: Bytes
	CloneMessage             // any other value, in Text, in the form that deserialize of web/clone.js reads
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

// Message is what was posted to a BroadcastChannel.
type Message struct {
	Kind  Kind
	Text  string
	Bytes []byte
}

func (m Message) content() engine.Value {
	if m.Kind == BytesMessage {
		return engine.Bytes(m.Bytes)
	}
	return engine.String(m.Text)
}

func messageOf(kind string, content engine.Value) Message {
	switch kind {
	case "text":
		return Message{Kind: TextMessage, Text: content.String()}
	case "bytes":
		return Message{Kind: BytesMessage, Bytes: content.Bytes()}
	}
	return Message{Kind: CloneMessage, Text: content.String()}
}
