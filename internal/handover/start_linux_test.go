package handover_test

import (
	"context"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/lingerws/linger/internal/handover"
)

// TestMain makes the test binary a new process if Start has started it.
func TestMain(m *testing.M) {
	link, err := handover.Inherited()
	switch {
	case err != nil:
		_, _ = os.Stderr.WriteString(err.Error())
		os.Exit(3)
	case link == nil:
		os.Exit(m.Run())
	}
	if os.Getenv(handover.FDVariable) != "" {
		os.Exit(4)
	}
	if os.Getenv("TAKES_OVER_IN_TEST") != "" {
		takeOver(link)
	}
	_, err = handover.Greet(context.Background(), link, handover.Greeting{Version: os.Getenv("VERSION_OF_TEST")})
	if err != nil {
		os.Exit(5)
	}
	_ = handover.Refuse(link, os.ErrPermission)
	os.Exit(0)
}

// A process that is started says its version over the link, and why it does not take over.
func TestStart(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program)
	command.Env, command.Stderr = append(os.Environ(), "VERSION_OF_TEST=7"), os.Stderr
	child, err := handover.Start(command)
	if err != nil {
		t.Fatal(err)
	}
	report, err := handover.Probe(context.Background(), child.Link, handover.GiveOptions{
		ReadyTimeout: time.Minute, Kill: child.Kill, Exited: child.Exited(),
	})
	if report.Version != "7" || report.PID != child.Process.Pid || err == nil || !strings.Contains(err.Error(), os.ErrPermission.Error()) {
		t.Errorf("the new process says its version, its pid and why it refuses; got %+v, %v", report, err)
	}
	<-child.Exited()
}

func TestInheritedOfWrongVariable(t *testing.T) {
	for _, value := range []string{"no", "-1", "77777"} {
		t.Setenv(handover.FDVariable, value)
		if link, err := handover.Inherited(); err == nil || !strings.Contains(err.Error(), handover.FDVariable) {
			t.Errorf("%q is refused with the name of the variable; got %v, %v", value, link, err)
		}
	}
}
