package examples_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/lingerws/linger/protocol"
)

// startRooms starts the chat with Durable Objects. It stores what was written in a folder.
func startRooms(t *testing.T, data string, flags ...string) *program {
	t.Helper()
	return startRoomsIn(t, "examples/rooms", data, flags...)
}

// startRoomsIn starts the chat from a folder.
func startRoomsIn(t *testing.T, folder, data string, flags ...string) *program {
	t.Helper()
	return start(t, "cmd/linger", append([]string{"run", "--listen=" + anyPort, "--config=" + folder + "/wrangler.jsonc", "--data=" + data}, flags...)...)
}

// guest is a client of a room.
type guest struct{ peer }

// enter opens a WebSocket of a room.
func enter(t *testing.T, chat *program, roomAndQuery string) guest {
	t.Helper()
	return guest{connect(t, chat, "/rooms/"+roomAndQuery)}
}

// roomMessage is a message of a room.
type roomMessage struct {
	Type, Name, Text, You string
	Here                  []struct{ ID, Name string }
	Messages              []struct{ Name, Text string }
}

// String returns a text for comparison: "said ann hello", "welcome ann bob" with the people present, or "history ann:hello bob:hi".
func (m roomMessage) String() string {
	words := []string{m.Type, m.Name, m.Text}
	for _, person := range m.Here {
		words = append(words, person.Name)
	}
	slices.Sort(words[3:])
	for _, said := range m.Messages {
		words = append(words, said.Name+":"+said.Text)
	}
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " ")
}

// next returns the next message.
func (g guest) next() roomMessage {
	g.t.Helper()
	got, err := g.c.Receive()
	text, isText := strings.CutPrefix(got, "text ")
	var m roomMessage
	if err != nil || !isText || json.Unmarshal([]byte(text), &m) != nil {
		g.t.Fatalf("the next message is %q with error %v, expected one of a room", got, err)
	}
	return m
}

// hears reads the given messages.
func (g guest) hears(wanted ...string) {
	g.t.Helper()
	for _, want := range wanted {
		if got := g.next().String(); got != want {
			g.t.Fatalf("the next message is %q, expected %q", got, want)
		}
	}
}

// leaves closes the connection with a code, and waits for the answer.
func (g guest) leaves(code protocol.CloseCode) {
	g.t.Helper()
	if err := g.c.Close(code, ""); err != nil {
		g.t.Fatalf("Close returns %v", err)
	}
	for {
		got, err := g.c.Receive()
		if err != nil {
			g.t.Fatalf("Receive returns %v, expected the end of the connection", err)
		}
		if got == "EOF" {
			return
		}
	}
}

func TestRoomsConversation(t *testing.T) {
	t.Parallel()
	chat := startRooms(t, t.TempDir())
	ann := enter(t, chat, "lobby?name=ann")
	ann.hears("history", "joined ann", "welcome ann")
	bob := enter(t, chat, "lobby?name=%20bob%20")
	ann.hears("joined bob")
	bob.hears("history", "joined bob", "welcome ann bob")
	eve := enter(t, chat, "cellar?name=eve")
	eve.hears("history", "joined eve", "welcome eve")

	ann.say("hello")
	bob.hears("said ann hello")
	bob.say(`"grüße" <b>`)
	ann.hears("said ann hello", `said bob "grüße" <b>`)
	eve.say("hello?") // messages do not pass between rooms
	eve.hears("said eve hello?")
	ann.say("ping")
	ann.wants("text pong")
	ann.say(strings.Repeat("ä", 2001))
	ann.hears("refused a message has at most 2000 characters")

	bob.leaves(4000)
	ann.hears("left bob")
	late := enter(t, chat, "lobby?name=late")
	late.hears(`history ann:hello bob:"grüße" <b>`, "joined late", "welcome ann late")
	ann.hears("joined late")
	ann.send(protocol.Binary, "bytes")
	ann.wants("close 1003 text only", "EOF")
	late.hears("left ann")
	enter(t, chat, "lobby?name=known&after=1").hears(`history bob:"grüße" <b>`, "joined known", "welcome known late")
	late.hears("joined known")
	if got := page(t, chat.url+"/", http.StatusOK); !strings.Contains(got, "Open a private room") {
		t.Errorf("the page is %q", got)
	}
}

func TestRoomsNames(t *testing.T) {
	t.Parallel()
	chat := startRooms(t, t.TempDir())
	watch := enter(t, chat, "lobby?name=watch")
	watch.hears("history", "joined watch", "welcome watch")
	fits := strings.Repeat("ä", 32)
	for _, query := range []string{"", "?name=", "?name=%20%20", "?name=" + fits + "ä"} {
		enter(t, chat, "lobby"+query).wants("close 4001 choose a name of 1 to 32 characters", "EOF")
	}
	enter(t, chat, "lobby?name="+fits).hears("history", "joined "+fits, "welcome watch "+fits)
	watch.hears("joined " + fits) // nothing about the refused connections
	enter(t, chat, fits+"?name=ann").hears("history", "joined ann", "welcome ann")
	page(t, chat.url+"/rooms/"+fits+"ä", http.StatusNotFound)
	page(t, chat.url+"/rooms", http.StatusMethodNotAllowed)
	page(t, chat.url+"/nothing", http.StatusNotFound)
}

func TestRoomsPrivate(t *testing.T) {
	t.Parallel()
	chat := startRooms(t, t.TempDir())
	room := openPrivateRoom(t, chat)
	if other := openPrivateRoom(t, chat); other == room || len(room) != 64 {
		t.Fatalf("the private rooms are %q and %q", room, other)
	}
	ann := enter(t, chat, room+"?name=ann")
	ann.hears("history", "joined ann", "welcome ann")
	ann.say("secret")
	ann.hears("said ann secret")
	enter(t, chat, room+"?name=bob").hears("history ann:secret", "joined bob", "welcome ann bob")
	page(t, chat.url+"/rooms/"+strings.Repeat("0", 64), http.StatusNotFound) // an id that was not made here
}

// openPrivateRoom returns the name of a new private room.
func openPrivateRoom(t *testing.T, chat *program) string {
	t.Helper()
	client := http.Client{Timeout: timeout}
	response, err := client.Post(chat.url+"/rooms", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	var opened struct{ Room string }
	if err != nil || response.StatusCode != http.StatusCreated || json.Unmarshal(body, &opened) != nil {
		t.Fatalf("the response is %d %q with error %v", response.StatusCode, body, err)
	}
	return opened.Room
}

func TestRoomsRateLimit(t *testing.T) {
	t.Parallel()
	chat := startRooms(t, t.TempDir())
	ann := enter(t, chat, "lobby?name=ann")
	ann.hears("history", "joined ann", "welcome ann")
	const messages = 40 // takes 35 s without being refused
	refused := func(g guest) (n int) {
		for range messages {
			g.say("x")
		}
		for range messages {
			switch m := g.next(); m.Type {
			case "refused":
				n++
			case "said":
			default:
				t.Fatalf("the message is %q, expected one that was said or refused", m)
			}
		}
		return n
	}
	if n := refused(ann); n == 0 || n > messages-5 {
		t.Errorf("%d of %d messages are refused, expected some, and 5 that are not", n, messages)
	}
	eve := enter(t, chat, "cellar?name=eve")
	eve.hears("history", "joined eve", "welcome eve")
	if n := refused(eve); n == 0 {
		t.Error("no message is refused in another room, expected the limit of the address")
	}
	for { // later, messages are accepted again
		ann.say("again")
		if ann.next().Type == "said" {
			break
		}
	}
}

func TestRoomsHistorySurvives(t *testing.T) {
	for name, restart := range map[string]func(t *testing.T, chat *program){
		"a shutdown": func(t *testing.T, chat *program) {
			t.Helper()
			chat.interrupt(t)
			chat.wantEnd(t)
		},
		"kill -9": func(t *testing.T, chat *program) {
			t.Helper()
			if err := chat.process.Process.Kill(); err != nil {
				t.Fatal(err)
			}
			<-chat.output
			_ = chat.process.Wait()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			chat := startRooms(t, data)
			rooms := []string{"lobby", openPrivateRoom(t, chat)}
			for _, room := range rooms {
				ann := enter(t, chat, room+"?name=ann")
				ann.hears("history", "joined ann", "welcome ann")
				ann.say("one")
				ann.say("two")
				ann.hears("said ann one", "said ann two")
			}
			restart(t, chat)
			chat = startRooms(t, data)
			for _, room := range rooms {
				bob := enter(t, chat, room+"?name=bob")
				bob.hears("history ann:one ann:two", "joined bob", "welcome bob")
				bob.say("three")
				bob.hears("said bob three")
				enter(t, chat, room+"?name=eve&after=1").hears("history ann:two bob:three", "joined eve", "welcome bob eve")
			}
		})
	}
}

func TestRoomsReload(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.CopyFS(folder, os.DirFS("rooms")); err != nil {
		t.Fatal(err)
	}
	chat := startRoomsIn(t, folder, t.TempDir())
	ann := enter(t, chat, "lobby?name=ann")
	ann.hears("history", "joined ann", "welcome ann")
	ann.say("one")
	ann.hears("said ann one")

	file := filepath.Join(folder, "rooms.js")
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(source), "name: 32,", "name: 40,", 1)
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := chat.process.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("x", 40)
	for { // until the new version runs
		got, err := enter(t, chat, "cellar?name="+long).c.Receive()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(got, "close 4001") {
			break
		}
	}

	ann.say("two") // on the same connection
	ann.hears("said ann two")
	bob := enter(t, chat, "lobby?name=bob")
	bob.hears("history ann:one ann:two", "joined bob", "welcome ann bob")
	ann.hears("joined bob")
	bob.leaves(protocol.CloseNormal)
	ann.hears("left bob")
}

func TestRoomsSleep(t *testing.T) {
	t.Parallel()
	chat := startRooms(t, t.TempDir(), "--sleep-after=10ms")
	ann := enter(t, chat, "lobby?name=ann")
	ann.hears("history", "joined ann", "welcome ann")
	bob := enter(t, chat, "lobby?name=bob")
	ann.hears("joined bob")
	bob.hears("history", "joined bob", "welcome ann bob")
	for _, text := range []string{"one", "two", "three"} {
		ann.say(text)
		ann.hears("said ann " + text)
		bob.hears("said ann " + text)
		ann.say("ping")
		ann.wants("text pong")
	}
	bob.leaves(protocol.CloseNormal)
	ann.hears("left bob")
}
