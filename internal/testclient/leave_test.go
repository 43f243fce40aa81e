package testclient_test

import (
	"strings"
	"testing"

	"github.com/lingerws/linger/internal/testclient"
)

func TestLeaversReceiveWhatComesAfterTheirClose(t *testing.T) {
	called := false
	err := testclient.Leavers(3, serve(t)+"/quiet", []string{"hello"}, []string{"text hello", "close 3000"}, func() { called = true })
	if err != nil || !called {
		t.Errorf("three clients leave and get their replies; got %v, called %t", err, called)
	}
}

func TestLeaversReportWhatDiffers(t *testing.T) {
	err := testclient.Leavers(2, serve(t)+"/quiet", nil, []string{"text something else"}, nil)
	if err == nil || strings.Count(err.Error(), "must receive") != 2 {
		t.Errorf("each client that receives something else is reported; got %v", err)
	}
}
