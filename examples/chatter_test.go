package examples_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// chatter is a client of a chat.
type chatter struct{ peer }

// join opens a WebSocket of a chat.
func join(t *testing.T, chat *program, path string) chatter {
	t.Helper()
	return chatter{connect(t, chat, path)}
}

// line is a message of a chat.
type line struct {
	Type, ID, Name, Text, You, Topic string
	At                               int64
	Here                             []struct{ ID, Name string }
}

// String gives what tests compare: "said ann hello", or "welcome ann bob" for who is there.
func (l line) String() string {
	words := []string{l.Type, l.Name, l.Text}
	for _, person := range l.Here {
		words = append(words, person.Name)
	}
	slices.Sort(words[3:])
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " ")
}

// hears reads what is wanted, and returns the last of it.
func (c chatter) hears(wanted ...string) (last line) {
	c.t.Helper()
	for _, want := range wanted {
		got, err := c.c.Receive()
		text, isText := strings.CutPrefix(got, "text ")
		last = line{}
		if err != nil || !isText || json.Unmarshal([]byte(text), &last) != nil || last.String() != want {
			c.t.Fatalf("the next line of the chat is %q; got %q %v", want, got, err)
		}
		if len(last.Here) > 0 && (last.You == "" || last.Topic == "") {
			c.t.Errorf("a welcome says who one is, and the topic; got %s", got)
		}
	}
	return last
}
