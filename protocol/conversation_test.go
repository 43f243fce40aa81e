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
// one segment, byte by byte, and in segments of three bytes.
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
	for _, chunk := range []int{0, 1, 3} {
		outputs := map[Role][][]string{}
		for _, role := range c.roles {
			if outputs[role], err = c.run(role, chunk); err != nil {
				t.Fatal(err)
			}
		}
		got := c.render(outputs)
		if *update && chunk == 0 && got != want {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			want = got
		}
		if got != want {
			t.Errorf("with input in segments of %d bytes (0 is one segment) the conversation is\n%s\nexpected\n%s", chunk, got, want)
		}
	}
}
