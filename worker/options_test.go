package worker

import (
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/lingerws/linger"
)

func TestOptionsDefaults(t *testing.T) {
	t.Parallel()
	o := Options{}.withDefaults()
	if o.EventTimeout != 30*time.Second || o.Memory != 128<<20 || o.MaxBody != 10<<20 || o.Server.ShutdownTimeout != 10*time.Second {
		t.Errorf("the default limits are 30 s, 128 MiB, 10 MiB and 10 s; got %v, %d, %d and %v",
			o.EventTimeout, o.Memory, o.MaxBody, o.Server.ShutdownTimeout)
	}
	if o.FinishTimeout != 5*time.Minute || o.SlowEvent != time.Second {
		t.Errorf("the defaults of FinishTimeout and SlowEvent are 5 minutes and 1 s; got %v and %v", o.FinishTimeout, o.SlowEvent)
	}
	if o := (Options{EventTimeout: time.Hour, FinishTimeout: time.Minute}).withDefaults(); o.FinishTimeout != time.Hour {
		t.Errorf("FinishTimeout is at least EventTimeout; got %v", o.FinishTimeout)
	}
	if o.Stdout != os.Stdout || o.Stderr != os.Stderr || o.Logger != slog.Default() || o.Server.Logger != slog.Default() {
		t.Error("the default outputs and loggers are those of the process")
	}
}

func TestOptionsThatAreSet(t *testing.T) {
	t.Parallel()
	given := Options{
		EventTimeout: time.Second, Memory: 1, MaxBody: 2, Stdout: io.Discard, Stderr: io.Discard,
		Logger: slog.New(slog.DiscardHandler),
		Server: linger.Options{ShutdownTimeout: time.Minute, Policy: linger.PolicyDrop},
	}
	o := given.withDefaults()
	if o.EventTimeout != time.Second || o.Memory != 1 || o.MaxBody != 2 || o.Stdout != io.Discard || o.Stderr != io.Discard ||
		o.Logger != given.Logger || o.Server.ShutdownTimeout != time.Minute || o.Server.Policy != linger.PolicyDrop {
		t.Errorf("options that are set are kept; got %+v", o)
	}
	if o.Server.Logger != given.Logger {
		t.Error("the default logger of the server is that of the application")
	}
}

func TestOptionsServerPolicyCannotBlockTheLoop(t *testing.T) {
	t.Parallel()
	o := Options{Server: linger.Options{Policy: linger.PolicyBlock, LendPayloads: true}}.withDefaults()
	if o.Server.Policy != linger.PolicyClose {
		t.Errorf("PolicyBlock acts as PolicyClose; got %v", o.Server.Policy)
	}
	if o.Server.LendPayloads {
		t.Error("messages wait for the engine, so their payloads cannot be lent")
	}
}
