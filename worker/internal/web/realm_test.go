package web_test

import (
	"testing"

	"github.com/lingerws/linger/worker/internal/web"
)

func TestRealmDeliverReachesEveryChannel(t *testing.T) {
	p := newPage(t)
	p.eval(t, `const heard = [];
		for (const name of ["room", "room", "other"]) {
			const channel = new BroadcastChannel(name);
			channel.onmessage = (event) => heard.push(name, event.data);
			channel.onmessageerror = (event) => heard.push(name, event.type);
		}
		const text = () => heard.map((v) => v instanceof ArrayBuffer ? new Uint8Array(v).join("-") : JSON.stringify(v)).join(" ");`)
	for _, c := range []struct {
		message web.Message
		want    string
	}{
		{web.Message{Text: "hi"}, `"room" "hi" "room" "hi"`},
		{web.Message{Kind: web.BytesMessage, Bytes: []byte{1, 2}}, `"room" 1-2 "room" 1-2`},
		{web.Message{Kind: web.CloneMessage, Text: `J{"a":1}`}, `"room" {"a":1} "room" {"a":1}`},
		{web.Message{Kind: web.CloneMessage, Text: `nonsense`}, `"room" "messageerror" "room" "messageerror"`},
	} {
		t.Run(c.message.Kind.String()+" "+c.message.Text, func(t *testing.T) {
			p.eval(t, "heard.length = 0")
			if err := p.realm.Deliver("room", c.message); err != nil {
				t.Fatal(err)
			}
			if got := p.eval(t, "text()").String(); got != "" {
				t.Errorf("the message must be delivered in another turn, got %s before that", got)
			}
			for p.fireNext(t) {
			}
			if got := p.eval(t, "text()").String(); got != c.want {
				t.Errorf("the channels must get %s, got %s", c.want, got)
			}
			if len(p.published) != 0 {
				t.Error("a delivered message must not be published again")
			}
		})
	}
}
