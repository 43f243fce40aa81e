package deploy_test

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"os"
)

// The units are valid, and the service is in a sandbox.
func TestUnits(t *testing.T) {
	analyze := program(t, "systemd-analyze")
	folder := t.TempDir()
	for _, unit := range []string{"linger.service", "linger.socket"} {
		text := strings.ReplaceAll(read(t, "deploy", "systemd", unit), "/usr/bin/linger", linger(t)) // an executable that exists
		if err := os.WriteFile(filepath.Join(folder, unit), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	service, socket := filepath.Join(folder, "linger.service"), filepath.Join(folder, "linger.socket")
	if out, err := exec.Command(analyze, "verify", "--man=no", service, socket).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd accepts the units; got %v\n%s", err, out)
	}
	out, err := exec.Command(analyze, "security", "--offline=yes", "--no-pager", "--threshold=30", service).CombinedOutput()
	if err != nil {
		t.Errorf("the exposure of the service is at most 3.0 of 10; got %v\n%s", err, out)
	}
}

// The service has time for the longest drain of its configuration.
func TestUnitTimeout(t *testing.T) {
	text := read(t, "deploy", "systemd", "linger.service")
	found := regexp.MustCompile(`TimeoutStopSec=(\d+)s`).FindStringSubmatch(text)
	if found == nil {
		t.Fatal("the unit has TimeoutStopSec")
	}
	seconds, _ := strconv.Atoi(found[1])
	if got := time.Duration(seconds) * time.Second; got < drainTime {
		t.Errorf("TimeoutStopSec is %v; a drain takes %v by default", got, drainTime)
	}
}

// drainTime is the time that a drain and the shutdown after it take with the default settings, and a delay of 10 s.
const drainTime = 10*time.Second + 60*time.Second + 10*time.Second
