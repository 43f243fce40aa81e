package linger

// Handler is an application. The events of one connection are handled one at a time, in order: the next call begins when the
// last has returned and, if that has called Async, when its [Completion] is done. Calls for different connections overlap. A
// handler that panics is logged, and its connection is closed with 1011; the process continues.
type Handler interface {
	// Upgrade decides about a request before the opening handshake: it accepts it, or responds with any HTTP response. If it
	// does neither the response is 500.
	Upgrade(*Upgrade)

	// Message handles one whole message.
	Message(*Message)

	// Close handles the terminal event, the last one of an accepted connection. What is sent on its socket is dropped.
	Close(*Close)
}

// PeerCloser is a [Handler] that also handles the peer's Close on connections that were accepted with HalfOpen. It may continue
// to send, and has to close.
type PeerCloser interface {
	PeerClose(*PeerClose)
}

// Drainer is a [Handler] that also handles the drain of a send queue which was full, or had reached Options.HighWater. A Drain
// takes its place among the events of the connection. While one waits for the handler no other is added, and none comes once the
// connection is closing; in half-open mode that is when the application has closed.
type Drainer interface {
	Drain(*Drain)
}

// HandlerFuncs is a [Handler] that consists of functions. One that is nil does nothing; without OnUpgrade every connection is
// accepted.
type HandlerFuncs struct {
	OnUpgrade   func(*Upgrade)
	OnMessage   func(*Message)
	OnPeerClose func(*PeerClose)
	OnDrain     func(*Drain)
	OnClose     func(*Close)
}

// Upgrade calls OnUpgrade, or accepts.
func (h HandlerFuncs) Upgrade(u *Upgrade) {
	if h.OnUpgrade != nil {
		h.OnUpgrade(u)
		return
	}
	_, _ = u.Accept(AcceptOptions{}) // cannot fail, because nothing has answered the request before
}

// Message calls OnMessage.
func (h HandlerFuncs) Message(m *Message) {
	if h.OnMessage != nil {
		h.OnMessage(m)
	}
}

// PeerClose calls OnPeerClose.
func (h HandlerFuncs) PeerClose(p *PeerClose) {
	if h.OnPeerClose != nil {
		h.OnPeerClose(p)
	}
}

// Drain calls OnDrain.
func (h HandlerFuncs) Drain(d *Drain) {
	if h.OnDrain != nil {
		h.OnDrain(d)
	}
}

// Close calls OnClose.
func (h HandlerFuncs) Close(c *Close) {
	if h.OnClose != nil {
		h.OnClose(c)
	}
}

// drainer returns the handler of drain events, or nil if the application does not handle them.
func drainer(h Handler) Drainer {
	if funcs, ok := h.(HandlerFuncs); ok && funcs.OnDrain == nil {
		return nil
	}
	d, _ := h.(Drainer)
	return d
}
