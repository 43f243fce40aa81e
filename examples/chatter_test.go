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

// String returns a text for comparison: "said ann hello", or "welcome ann bob" with the people present.
func (l line) String() string {
	words := []string{l.Type, l.Name, l.Text}
	for _, person := range l.Here {
		words = append(words, person.Name)
	}
	slices.Sort(words[3:])
	return strings.Join(slices.DeleteFunc(words, func(word string) bool { return word == "" }), " ")
}

// hears reads the given messages, and returns the last one.
func (c chatter) hears(wanted ...string) (last line) {
	c.t.Helper()
	for _, want := range wanted {
		got, err := c.c.Receive()
		text, isText := strings.CutPrefix(got, "text ")
		last = line{}
		if err != nil || !isText || json.Unmarshal([]byte(text), &last) != nil || last.String() != want {
			c.t.Fatalf("the next message is %q with error %v, expected %q", got, err, want)
		}
		if len(last.Here) > 0 && (last.You == "" || last.Topic == "") {
			c.t.Errorf("the welcome is %s, expected the id of the page and the topic", got)
		}
	}
	return last
}
