package testclient_test

import (
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/testclient"
)

func TestRunCloseFIN(t *testing.T) {
	called := false
	err := testclient.RunCloseFIN(3, serve(t)+"/quiet", []string{"hello"}, []string{"text hello", "close 3000"}, func() { called = true })
	if err != nil || !called {
		t.Errorf("RunCloseFIN returns %v, and has called sent: %t", err, called)
	}
}

func TestRunCloseFINDifferences(t *testing.T) {
	err := testclient.RunCloseFIN(2, serve(t)+"/quiet", nil, []string{"text something else"}, nil)
	if err == nil || strings.Count(err.Error(), "receives") != 2 {
		t.Errorf("RunCloseFIN returns %v, expected a difference for each of two clients", err)
	}
}
