package modules

import (
	"github.com/lingerws/linger"
	"github.com/lingerws/linger/worker/internal/engine"
	"github.com/lingerws/linger/worker/internal/fetch"
	"github.com/lingerws/linger/worker/internal/script"
)

// Call is a call of a function that the modules expose.
type Call struct {
	Function string         // "" for nothing to call
	Args     []engine.Value // valid until the next Call of the Table
	Done     bool           // the result true means that the listeners of the event are done
}

// Event returns the call for an event. id is its number, for the calls about it.
func (t *Table) Event(id int, e script.Event) Call {
	switch e := e.(type) {
	case *script.Message:
		if len(e.Following) > 0 {
			return t.call("messages", engine.Int(id), engine.String(e.Connection), seriesValue(e))
		}
		return t.doneBy("message", engine.Int(id), engine.String(e.Connection), payloadValue(e.Payload))
	case *script.Request:
		return t.request(id, e)
	case *script.PeerClose:
		return t.call("peerclose", engine.Int(id), engine.String(e.Connection), engine.Int(int(e.Status.Code)), engine.String(e.Status.Reason))
	case *script.Drain:
		return t.call("drain", engine.Int(id), engine.String(e.Connection))
	case *script.Close:
		return t.call("close", engine.Int(id), engine.String(e.Connection),
			engine.Int(int(e.Received.Code)), engine.String(e.Received.Reason),
			engine.Int(int(e.Sent.Code)), engine.String(e.Sent.Reason),
			engine.Bool(e.Clean), engine.String(e.Initiator), engine.String(e.Cause), engine.String(e.Violation))
	case *script.Lifecycle:
		return t.call("lifecycle", engine.Int(id), engine.String(e.Kind))
	case script.Check:
		return t.call("check")
	case *script.Scheduled:
		return t.call("scheduled", engine.Int(id), engine.String(e.Cron), engine.Number(float64(e.Time.UnixMilli())))
	case *script.KVWritten:
		return t.call("kvWritten", engine.Int(e.Number), engine.String(e.Failure))
	case *script.D1Done:
		return t.d1Done(e)
	case *script.Timer:
		return t.call("fireTimer", engine.Int(e.ID))
	case *script.Post:
		return t.call("deliverMessage", engine.String(e.Channel), engine.String(postKinds[e.Kind]), postContent(e))
	case *script.Fetched:
		return t.fetched(e)
	}
	return t.clusterEvent(id, e)
}

// clusterEvent passes an event about the connections of all nodes to the modules.
func (t *Table) clusterEvent(id int, e script.Event) Call {
	switch e := e.(type) {
	case *script.PresenceChanged:
		return t.call("presenceChanged", engine.Int(id), engine.String(e.Channel), membersValue(e.Joined), membersValue(e.Left))
	case *script.Answered:
		return t.answered(e)
	}
	return t.bodyEvent(id, e)
}

// bodyEvent passes an event about a body or the client of a request to the modules.
func (t *Table) bodyEvent(id int, e script.Event) Call {
	switch e := e.(type) {
	case *script.BodyChunk:
		if e.Failure != nil {
			return t.call("bodyFailed", engine.Int(e.Body), engine.String(e.Failure.Message))
		}
		return t.call("bodyChunk", engine.Int(e.Body), chunkValue(e))
	case *script.BodyRoom:
		return t.call("bodyRoom", engine.Int(e.Body))
	case *script.BodyCancelled:
		return t.call("bodyCancelled", engine.Int(e.Body), engine.String(e.Reason))
	case *script.Disconnected:
		return t.call("disconnected", engine.Int(e.Event))
	}
	return t.socketEvent(id, e)
}

// chunkValue returns a chunk as bytes, or null at the end of a body that is read in chunks.
func chunkValue(c *script.BodyChunk) engine.Value {
	if c.End && c.Data == nil {
		return engine.Null()
	}
	return engine.Bytes(c.Data)
}

// socketEvent passes an event to a WebSocket object.
func (t *Table) socketEvent(id int, e script.Event) Call {
	switch e := e.(type) {
	case *script.SocketOpen:
		return t.call("socketOpen", engine.Int(id), engine.Int(e.Socket), engine.String(e.Subprotocol), engine.String(e.Extensions))
	case *script.SocketMessage:
		return t.call("socketMessage", engine.Int(id), engine.Int(e.Socket), payloadValue(e.Payload))
	case *script.SocketClose:
		return t.call("socketPeerClose", engine.Int(id), engine.Int(e.Socket), engine.Int(int(e.Status.Code)), engine.String(e.Status.Reason))
	case *script.SocketEnd:
		return t.call("socketEnd", engine.Int(id), engine.Int(e.Socket),
			engine.Int(int(e.Received.Code)), engine.String(e.Received.Reason), engine.Bool(e.Clean), engine.String(e.Failure))
	}
	return t.objectEvent(id, e)
}

// request passes an HTTP request to the modules.
func (t *Table) request(id int, e *script.Request) Call {
	function, args := "upgrade", []engine.Value{
		engine.Int(id), engine.String(e.Method), engine.String(e.URL), headerList(&e.Header), addressText(e.Header.RemoteIP),
	}
	if !e.Upgrade {
		function, args = "fetch", append(args, receivedValue(e.Body, e.Received))
	}
	return t.call(function, args...)
}

// fetched passes the answer to a fetch to the modules.
func (t *Table) fetched(e *script.Fetched) Call {
	number := engine.Int(e.Number)
	switch {
	case e.Thrown != "":
		return t.call("fetchThrew", number, engine.String(e.Thrown))
	case e.Failure != "":
		return t.call("fetched", number, engine.String(e.Failure), textList(e.Flags))
	case e.Offer != 0:
		return t.offered(e)
	case e.Socket != 0:
		return t.call("upgraded", number, partsOf(e.Answer), engine.Int(e.Socket),
			engine.String(fetch.Subprotocol(e.Answer.Header)), engine.String(fetch.Extensions(e.Answer.Header)))
	}
	return t.call("fetched", number, nothing, partsOf(e.Answer), receivedValue(e.Body, e.Received),
		engine.String(e.Answer.Coding), engine.String(e.Answer.Foreign))
}

// receivedValue returns a complete body as bytes, a body that has not arrived completely as its number, and no body as null.
func receivedValue(whole []byte, number int) engine.Value {
	switch {
	case number != 0:
		return engine.Int(number)
	case whole != nil:
		return engine.Bytes(whole)
	}
	return engine.Null()
}

// seriesValue returns the payloads of a series of messages as a list.
func seriesValue(m *script.Message) engine.Value {
	list := make([]engine.Value, 0, 1+len(m.Following))
	list = append(list, payloadValue(m.Payload))
	for _, p := range m.Following {
		list = append(list, payloadValue(p))
	}
	return engine.List(list...)
}

// payloadValue returns the payload of a message as a string or bytes of the engine.
func payloadValue(p linger.Payload) engine.Value {
	if p.Binary {
		return engine.Bytes(p.Data)
	}
	return engine.Text(p.Data)
}

// postKinds has the names of the kinds of posts.
var postKinds = map[script.PostKind]string{script.TextPost: "text", script.BytesPost: "bytes", script.ClonePost: "clone"}

// postContent returns the content of a post.
func postContent(p *script.Post) engine.Value {
	if p.Kind == script.BytesPost {
		return engine.Bytes(p.Bytes)
	}
	return engine.String(p.Text)
}

// PostValues returns a post as the last two arguments of publish.
func PostValues(p *script.Post) (kind, content engine.Value) {
	return engine.String(postKinds[p.Kind]), postContent(p)
}

// postOf returns the post of the arguments of publish.
func postOf(channel, kind string, content engine.Value) *script.Post {
	p := &script.Post{Channel: channel, Kind: script.ClonePost}
	switch kind {
	case "bytes":
		p.Kind, p.Bytes = script.BytesPost, content.Bytes()
		return p
	case "text":
		p.Kind = script.TextPost
	}
	p.Text = content.String()
	return p
}

// call returns a Call without a result.
func (t *Table) call(function string, args ...engine.Value) Call {
	t.args = append(t.args[:0], args...)
	return Call{Function: function, Args: t.args}
}

// doneBy returns a Call whose result true ends its event.
func (t *Table) doneBy(function string, args ...engine.Value) Call {
	c := t.call(function, args...)
	c.Done = true
	return c
}

// Settings returns the arguments of the function configure: the settings that the modules need before the application runs.
func Settings(app *script.Application) []engine.Value {
	atReload := "stay"
	if app.CloseAtReload {
		atReload = "close"
	}
	return []engine.Value{
		engine.Bool(app.ManualReply), engine.String(app.BinaryType), engine.Bool(app.Overlap), engine.Int(int(app.EventTimeout.Milliseconds())),
		engine.String(app.Vars), engine.String(app.Bindings), engine.Bool(app.Undated), engine.String(atReload), engine.Bool(app.Tracing),
	}
}
