package worker

import "testing"

func isIdle(idle <-chan struct{}) bool {
	select {
	case <-idle:
		return true
	default:
		return false
	}
}

func TestExtensionsAreIdleWhenNoneIsLeft(t *testing.T) {
	var x extensions
	if !isIdle(x.idle()) {
		t.Error("without extensions there is nothing to wait for")
	}
	x.add(1)
	x.add(1)
	first, second := x.idle(), x.idle()
	x.add(-1)
	if isIdle(first) {
		t.Error("one extension is left to wait for")
	}
	x.add(-1)
	if !isIdle(first) || !isIdle(second) {
		t.Error("everybody who waits is told of the end of the last extension")
	}
	x.add(1)
	if isIdle(x.idle()) {
		t.Error("a new extension is waited for")
	}
}

func TestExtensionsOfAnEngineEndWithIt(t *testing.T) {
	w := newIdleWorker()
	in := &instance{worker: w, app: w.app, outgoing: newOutgoing(), gone: make(chan struct{})}
	in.extend(3)
	idle := in.app.extensions.idle()
	in.release("")
	if !isIdle(idle) || !isIdle(in.app.extensions.idle()) {
		t.Error("nothing is left to wait for when the engine is gone")
	}
}
