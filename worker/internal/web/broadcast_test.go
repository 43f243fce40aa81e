package web_test

import "testing"

// Applications publish with new BroadcastChannel("room").postMessage(text), so such channels must not be kept alive.
func TestBroadcastChannelThatOnlyPostsIsNotKept(t *testing.T) {
	p := newPage(t)
	post := `for (let i = 0; i < 1000; i++) new BroadcastChannel("room").postMessage("hello"); undefined`
	p.eval(t, post)
	p.rt.CollectGarbage()
	before := p.rt.Memory().Objects
	p.eval(t, post)
	p.rt.CollectGarbage()
	if after := p.rt.Memory().Objects; after > before+10 {
		t.Errorf("1,000 channels that have posted a message must not leave objects; they left %d", after-before)
	}
}
