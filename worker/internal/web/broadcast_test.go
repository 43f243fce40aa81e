package web_test

import "testing"

// new BroadcastChannel("room").postMessage(text) is how applications publish, so it must leave nothing behind.
func TestChannelsThatOnlyPostAreNotKept(t *testing.T) {
	p := newPage(t)
	post := `for (let i = 0; i < 1000; i++) new BroadcastChannel("room").postMessage("hello"); undefined`
	p.eval(t, post)
	p.rt.CollectGarbage()
	before := p.rt.Memory().Objects
	p.eval(t, post)
	p.rt.CollectGarbage()
	if after := p.rt.Memory().Objects; after > before+10 {
		t.Errorf("1,000 channels that posted a message left %d objects behind", after-before)
	}
}
