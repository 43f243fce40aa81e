package main

import (
	"slices"
	"strings"
	"testing"
)

func TestOriginsAreCollected(t *testing.T) {
	c, err := parse(t, "--origin=https://*.example.com", "--origin", "localhost:*,null")
	if err != nil {
		t.Fatal(err)
	}
	if got, want := texts(c.Origin), []string{"https://*.example.com", "localhost:*", "null"}; !slices.Equal(got, want) {
		t.Errorf("--origin may be repeated, or given a list; wanted %q, got %q", want, got)
	}
}

func TestAWrongOriginIsAnErrorOfTheCommandLine(t *testing.T) {
	_, err := parse(t, "--origin=localhost:*", "--origin=http://one.example/path")
	if err == nil || !strings.Contains(err.Error(), `--origin: origin pattern "http://one.example/path"`) {
		t.Errorf("the message names the flag and the pattern that is wrong; got %v", err)
	}
}
