package worker

import (
	"errors"
	"slices"

	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/engine"
)

// list(channel) gives the ids of the connections that are subscribed to a channel, of
// all for the empty name.
func (in *instance) list(args arguments) (engine.Value, error) {
	var ids []engine.Value
	for socket := range in.app.server.Sockets(args.at(0).String()) {
		if in.app.seats.isClient(socket) {
			ids = append(ids, engine.String(socket.ID()))
		}
	}
	return engine.List(ids...), nil
}

// count(channel) tells how many there are.
func (in *instance) count(args arguments) (engine.Value, error) {
	channel := args.at(0).String()
	if channel == "" {
		return engine.Int(max(0, in.app.server.Count()-int(in.app.seats.lines.Load()))), nil
	}
	return engine.Int(in.app.server.Subscribers(channel)), nil
}

// publishTo(channel, message, except) sends a message to the subscribers of a channel
// but those whose ids are in the list except, and tells how many took it.
func (in *instance) publishTo(args arguments) (engine.Value, error) {
	message := args.at(1)
	payload := linger.Payload{Data: bytesOf(message), Binary: message.Kind() == engine.KindBytes}
	var except []*linger.Socket
	for _, id := range args.at(2).List() {
		except = append(except, in.app.server.Socket(id.String()))
	}
	except = slices.DeleteFunc(except, func(s *linger.Socket) bool { return s == nil })
	taken, err := in.app.server.Publish(args.at(0).String(), payload, except...)
	if errors.Is(err, linger.ErrChannelName) {
		return nothing, &engine.Throw{Name: "RangeError", Message: err.Error()}
	}
	return engine.Int(taken), err
}

// autoRespond(request, response) sets the answer that needs no script.
func (in *instance) autoRespond(args arguments) (engine.Value, error) {
	err := in.generation.autoRespond(args.at(0).String(), args.at(1).String())
	if errors.Is(err, linger.ErrAutoResponse) {
		err = &engine.Throw{Name: "RangeError", Message: err.Error()}
	}
	return nothing, err
}
