package upgrade

import (
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/lingerws/linger/protocol"
)

// TestSituations has the situations of a connection, or of a server, in which an upgrade must lose nothing.
func TestSituations(t *testing.T) {
	secure := newCertificate(t)
	for _, row := range []struct {
		name  string
		flags []string
		run   func(s *server)
	}{
		{"an idle connection goes on", nil, idleGoesOn},
		{"the new process serves the connection", nil, newProcessServes},
		{"data, subscriptions and queued messages survive", nil, stateSurvives},
		{"an event in progress ends in the old process, then its connection moves", nil, eventInProgress},
		{"many connections move with thousands of numbered messages in flight", []string{"--compression", "--half-open-timeout=10m"}, manyInFlight},
		{"what has moved can be changed and removed", nil, movedCanChange},
		{"an upgrade request in progress becomes a connection and moves", nil, requestInProgress},
		{"connections keep their identities", []string{"--subprotocol=chat.v1", "--subprotocol=chat.v2", "--origin=*"}, identities},
		{"two signals at once make one upgrade", nil, doubleSignal},
		{"two upgrades follow each other", nil, twoUpgrades},
		{"idle connections and events in progress together", nil, idleAndBusy},
		{"an event without an end: the old process leaves at its bound", []string{"--handover-drain=1s"}, endlessEvent},
		{"the administration answers from the new process while the old one has a connection", nil, administration},
		{"full queues move and keep their bounds", nil, fullQueues},
		{"connections with TLS stay with the old process, others move", secure.flags(), func(s *server) { mixedWithTLS(s, secure) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := start(t, append([]string{"--isolation=none"}, row.flags...)...)
			row.run(s)
			s.expectOneProcess()
			s.expectCleanLog()
		})
	}
}

func idleGoesOn(s *server) {
	g := s.enter(endpoint{})
	s.upgrade("")
	g.expectSilence()
	g.echo("after", 1)
}

func newProcessServes(s *server) {
	g := s.enter(endpoint{})
	old, engine := s.pid(), g.ask("engine")
	if !holds(old, g.address()) {
		s.t.Errorf("process %d has no descriptor of the connection before the upgrade", old)
	}
	s.upgrade(s.copyBinary("linger-2"))
	if now := s.pid(); !holds(now, g.address()) {
		s.t.Errorf("process %d has no descriptor of the connection after the upgrade", now)
	}
	if after := g.ask("engine"); after == engine {
		s.t.Error("after the upgrade the engine of the old process answers")
	}
}

func stateSurvives(s *server) {
	member, reader := s.enter(endpoint{path: "?channel=news&name=member"}), s.enterSlowReader()
	member.say("keep blue")
	member.echo("before", 1)
	n := reader.fill(s)
	s.upgrade("")
	if kept := member.ask("kept"); kept != "blue" {
		s.t.Errorf("data is %q after the upgrade, expected blue", kept)
	}
	reader.resume()
	for i := range n {
		reader.expectMany("", i+1)
	}
	member.say("publish 1 to all")
	member.expect("news member 1 to all")
	member.expect("echo 2 1 to all")
}

func eventInProgress(s *server) {
	g := s.enter(endpoint{})
	old, engine := s.pid(), g.ask("engine")
	gate := newGate(s.t)
	g.say("wait " + gate.url)
	g.say("engine") // waits in the event queue, and moves with the connection
	gate.await()
	done := s.beginUpgrade()
	s.awaitOther(old)
	if !holds(old, g.address()) {
		s.t.Error("the connection moved while its event was in progress")
	}
	gate.open()
	g.expect("waited 1 " + engine)
	if after := g.next(); after == "engine "+engine {
		s.t.Error("the event after the one in progress was handled by the old process")
	}
	done()
	g.echo("after", 2)
}

func manyInFlight(s *server) {
	c := gather(s.t, s, 60, 4*time.Millisecond)
	c.start()
	for range 3 {
		time.Sleep(500 * time.Millisecond)
		s.upgrade("")
	}
	c.finish()
	c.check()
	if sent := c.sent(); sent < 1000 {
		s.t.Errorf("only %d messages were sent, expected thousands", sent)
	}
	c.leave()
}

func movedCanChange(s *server) {
	g, other := s.enter(endpoint{path: "?channel=news&name=g"}), s.enter(endpoint{path: "?name=other"})
	g.say("keep red")
	g.echo("before", 1)
	s.upgrade("")
	other.say("publish 1 x")
	other.expect("echo 1 1 x")
	g.expect("news other 1 x")
	g.say("unsubscribe news")
	g.say("keep green")
	if kept := g.ask("kept"); kept != "green" {
		s.t.Errorf("data is %q after it was replaced, expected green", kept)
	}
	other.say("publish 2 x")
	other.expect("echo 2 2 x")
	g.echo("the next message, without the published one", 2)
	s.upgrade("") // the changes move too
	other.say("publish 3 x")
	other.expect("echo 3 3 x")
	if kept := g.ask("kept"); kept != "green" {
		s.t.Errorf("data is %q after another upgrade, expected green", kept)
	}
	g.say("close 4001 enough")
	g.expectEnd(4001, "enough")
	other.say("other " + g.id + " close 4000 gone") // the connection has ended: nothing happens but a line in the log
}

func requestInProgress(s *server) {
	old, gate := s.pid(), newGate(s.t)
	entered := make(chan *peer, 1)
	go func() {
		p, err := endpoint{address: s.address, path: "?fetch=" + gate.url}.dial()
		if err != nil {
			s.t.Errorf("an upgrade request during an upgrade of the binary: %v", err)
		}
		entered <- p
	}()
	gate.await()
	done := s.beginUpgrade()
	s.awaitOther(old)
	gate.open()
	p := <-entered
	done()
	if p == nil {
		return
	}
	g := &guest{t: s.t, peer: p, texts: make(chan string, 100)}
	defer p.abort()
	go g.read()
	g.id = strings.TrimPrefix(g.next(), "id ")
	g.echo("hello", 1)
	if now := s.pid(); now == old || !holds(now, g.address()) {
		s.t.Errorf("process %d, which is not %d, must have the connection", now, old)
	}
}

func identities(s *server) {
	guests := []*guest{
		s.enter(endpoint{path: "one?name=ann"}),
		s.enter(endpoint{path: "two?name=bob&protocol=chat.v1", subprotocol: "chat.v1", origin: "https://one.example"}),
		s.enter(endpoint{path: "two?name=cy&protocol=chat.v2&half", subprotocol: "chat.v2", origin: "https://two.example", compress: false}),
		s.enter(endpoint{path: "?half&name=dan", half: true}),
	}
	var before []string
	for _, g := range guests {
		before = append(before, g.ask("whoami"))
	}
	s.upgrade("")
	for i, g := range guests {
		if after := g.ask("whoami"); after != before[i] || !strings.Contains(after, g.id) {
			s.t.Errorf("after the upgrade the connection is\n%s, expected\n%s", after, before[i])
		}
	}
	guests[2].say("other " + guests[0].id + " echo by id")
	guests[0].expect("echo 0 by id")
	if err := guests[3].peer.close(3000, ""); err != nil {
		s.t.Error(err)
	}
	guests[3].expect("peer closed 3000")
	guests[2].say("other " + guests[3].id + " close 4000 late")
	guests[3].expectEnd(4000, "late")
}

func doubleSignal(s *server) {
	g, old := s.enter(endpoint{}), s.pid()
	for range 2 {
		if err := syscall.Kill(old, syscall.SIGUSR2); err != nil {
			s.t.Fatal(err)
		}
	}
	s.expectReplaced(old)
	g.echo("after", 1)
	now := s.pid()
	s.upgrade("") // nothing of the second signal is left
	if s.pid() == now {
		s.t.Error("the process after both signals was not replaced by the next upgrade")
	}
	g.echo("later", 2)
}

func twoUpgrades(s *server) {
	g := s.enter(endpoint{path: "?channel=news&name=g"})
	g.echo("a", 1)
	pids := map[int]bool{s.pid(): true}
	for i := range 2 {
		s.upgrade(s.copyBinary(fmt.Sprint("linger-", i)))
		pids[s.pid()] = true
		g.echo("b", 2+i)
	}
	if len(pids) != 3 {
		s.t.Errorf("the processes before, between and after two upgrades are %v, expected three", pids)
	}
}

func idleAndBusy(s *server) {
	idle, busy := s.enterMany(20, ""), s.enterMany(5, "")
	old, gate := s.pid(), newGate(s.t)
	for _, g := range busy {
		g.say("wait " + gate.url)
	}
	gate.await()
	done := s.beginUpgrade()
	s.awaitOther(old)
	for _, g := range idle { // they have moved, and do not wait for those with events
		g.echo("idle", 1)
	}
	gate.open()
	for _, g := range busy {
		if text := g.next(); !strings.HasPrefix(text, "waited 1 ") {
			s.t.Errorf("the event in progress is answered with %q", text)
		}
	}
	done()
	for _, g := range busy {
		g.echo("busy", 2)
	}
}

func endlessEvent(s *server) {
	g := s.enter(endpoint{})
	g.echo("before", 1)
	g.say("never")
	g.say("echo queued")
	s.upgrade("") // returns when the old process has left
	g.expect("echo 2 queued")
	g.echo("after", 3)
}

func administration(s *server) {
	g, old, gate := s.enter(endpoint{}), s.pid(), newGate(s.t)
	g.say("wait " + gate.url)
	gate.await()
	done := s.beginUpgrade()
	now := s.awaitOther(old)
	for range 5 {
		if pid := s.pid(); pid != now {
			s.t.Errorf("the administration is answered by process %d, expected %d", pid, now)
		}
	}
	if _, ended := hasEnded(old); ended {
		s.t.Error("the old process has ended although an event is in progress")
	}
	gate.open()
	if text := g.next(); !strings.HasPrefix(text, "waited 1 ") {
		s.t.Errorf("the event in progress is answered with %q", text)
	}
	done()
	if st, err := s.status(); err != nil || st.Connections != 1 || st.State != "ready" {
		s.t.Errorf("the status after the upgrade is %+v, %v; expected ready with 1 connection", st, err)
	}
}

// fullQueues has a connection whose event queue is full, so that it is not read, and one whose send queue is nearly full.
func fullQueues(s *server) {
	const messages = 1000 // above the length of the event queue, 256
	full, reader := s.enter(endpoint{}), s.enterSlowReader()
	old, gate := s.pid(), newGate(s.t)
	full.say("wait " + gate.url)
	for i := range messages {
		full.say(fmt.Sprint("echo ", i))
	}
	reader.fill(s)
	done := s.beginUpgrade()
	s.awaitOther(old)
	gate.open()
	full.next()
	for i := range messages {
		full.expect(fmt.Sprintf("echo %d %d", i+2, i))
	}
	done()
	for range 40 { // 8 MB: more than the kernel and the send queue take
		reader.say("many")
	}
	eventually(s.t, "the server closes the connection whose send queue is exceeded", func() bool { return reader.state(s) != "open" })
	reader.resume()
	reader.expectSlow()
}

func mixedWithTLS(s *server, c certificate) {
	d := endpoint{address: s.printed(`https://([^/]+)/`), tls: c.client}
	secure, g, old := s.enter(d), s.enter(endpoint{}), s.pid()
	done := s.beginUpgrade()
	s.awaitOther(old)
	g.echo("plain", 1)
	secure.echo("with TLS", 1)
	if !holds(old, secure.address()) {
		s.t.Error("the connection with TLS is not in the old process")
	}
	later := s.enter(d)
	later.echo("TLS of the new process", 1)
	if err := secure.peer.close(protocol.CloseNormal, ""); err != nil {
		s.t.Error(err)
	}
	secure.expectEnd(protocol.CloseNormal, "")
	done()
	later.echo("still", 2)
}
