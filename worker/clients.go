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
// but those whose ids are in the list except, and tells how many took it; while the version is
// being activated, how many are to get it.
func (in *instance) publishTo(args arguments) (engine.Value, error) {
	message := args.at(1)
	payload := linger.Payload{Data: message.Content(), Binary: message.Kind() == engine.KindBytes}
	var except []*linger.Socket
	for _, id := range args.at(2).List() {
		except = append(except, in.app.server.Socket(id.String()))
	}
	except = slices.DeleteFunc(except, func(s *linger.Socket) bool { return s == nil })
	channel := args.at(0).String()
	if in.activating && channel != "" {
		return engine.Int(in.subscribers(channel, except)), in.act(len(payload.Data), func() { in.publishLate(channel, payload, except) })
	}
	taken, err := in.app.server.Publish(channel, payload, except...)
	if errors.Is(err, linger.ErrChannelName) {
		return nothing, &engine.Throw{Name: "RangeError", Message: err.Error()}
	}
	return engine.Int(taken), err
}

// subscribers counts those of a channel that are not in except.
func (in *instance) subscribers(channel string, except []*linger.Socket) (n int) {
	for socket := range in.app.server.Sockets(channel) {
		if !slices.Contains(except, socket) {
			n++
		}
	}
	return n
}

// publishLate publishes what a script can no longer be told the outcome of.
func (in *instance) publishLate(channel string, p linger.Payload, except []*linger.Socket) {
	if _, err := in.app.server.Publish(channel, p, except...); err != nil {
		in.app.opts.Logger.Error("message not published", "channel", channel, "error", err)
	}
}

// autoRespond(request, response) sets the answer that needs no script.
func (in *instance) autoRespond(args arguments) (engine.Value, error) {
	err := in.generation.autoRespond(args.at(0).String(), args.at(1).String())
	if errors.Is(err, linger.ErrAutoResponse) {
		err = &engine.Throw{Name: "RangeError", Message: err.Error()}
	}
	return nothing, err
}
