package protocol

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// TestConversations plays each conversation in testdata in its roles, with the input in
// one segment, byte by byte, and in segments of three bytes. Each time it is played again with a
// machine that is saved and restored after each call.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations found: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".txt")
		t.Run(name, func(t *testing.T) { playFile(t, file) })
	}
}

func playFile(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := string(text)
	c, err := parseConversation(want)
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		want = c.play(t, 0, false)
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, chunk := range []int{0, 1, 3} {
		for _, moving := range []bool{false, true} {
			if got := c.play(t, chunk, moving); got != want {
				t.Errorf("with input in segments of %d bytes (0 is one segment), restored after each call %t, the conversation is\n%s\nexpected\n%s",
					chunk, moving, got, want)
			}
		}
	}
}

// play plays the conversation in its roles and returns it as text.
func (c *conversation) play(t *testing.T, chunk int, moving bool) string {
	t.Helper()
	outputs := map[Role][][]string{}
	for _, role := range c.roles {
		lines, err := c.run(role, chunk, moving)
		if err != nil {
			t.Fatal(err)
		}
		outputs[role] = lines
	}
	return c.render(outputs)
}
