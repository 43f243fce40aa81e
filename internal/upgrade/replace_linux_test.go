package upgrade

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// reload reloads the application, which must succeed. It tries again during an upgrade.
func (s *server) reload() {
	s.t.Helper()
	eventually(s.t, "the application is reloaded", func() bool {
		err := s.request(http.MethodPost, "/v1/reload", nil, nil)
		return err == nil
	})
}

// upgrade replaces the process by one of a binary, or of the same one with "", and checks that the new process serves and that the
// old one has ended.
func (s *server) upgrade(binary string) {
	s.t.Helper()
	old := s.pid()
	args := []string{"upgrade"}
	if binary != "" {
		args = append(args, "--binary="+binary)
	}
	if _, err := s.run(args...); err != nil {
		s.t.Fatalf("an upgrade fails: %v", err)
	}
	s.expectReplaced(old)
	if now := s.pid(); binary != "" && executable(now) != binary {
		s.t.Errorf("after an upgrade to %s process %d runs %s", binary, now, executable(now))
	}
}

// beginUpgrade begins an upgrade, and returns a function that waits until it is complete.
func (s *server) beginUpgrade() (done func()) {
	s.t.Helper()
	old, result := s.pid(), make(chan error, 1)
	go func() {
		_, err := s.run("upgrade")
		result <- err
	}()
	return func() {
		s.t.Helper()
		if err := <-result; err != nil {
			s.t.Fatalf("an upgrade fails: %v", err)
		}
		s.expectReplaced(old)
	}
}

// awaitOther waits until another process than the old one answers, and returns its id.
func (s *server) awaitOther(old int) (now int) {
	s.t.Helper()
	eventually(s.t, "another process serves", func() bool {
		st, err := s.status()
		now = st.PID
		return err == nil && now != old
	})
	return now
}

// expectReplaced checks that another process than the old one serves, and that the old one ends with status 0.
func (s *server) expectReplaced(old int) {
	s.t.Helper()
	s.awaitOther(old)
	s.expectEnd(old)
}

// expectOneProcess waits until there is one process, that which serves.
func (s *server) expectOneProcess() {
	s.t.Helper()
	now := s.pid()
	eventually(s.t, "only the process that serves is left", func() bool {
		pids := processesOf(s.mark)
		return len(pids) == 1 && pids[0] == now
	})
}

// crashes are texts with which a Go program reports a fault.
var crashes = regexp.MustCompile(`panic: |fatal error: |unexpected fault|SIGSEGV|DATA RACE|goroutine \d+ \[`)

// expectCleanLog checks that no process has crashed.
func (s *server) expectCleanLog() {
	s.t.Helper()
	if found := crashes.FindString(s.log.String()); found != "" {
		s.t.Errorf("the log has %q", found)
	}
}

// expectEnd waits until a process has ended, and checks its status.
func (s *server) expectEnd(pid int) {
	s.t.Helper()
	eventually(s.t, fmt.Sprintf("the old process %d has ended", pid), func() bool {
		status, ended := hasEnded(pid)
		if ended && status != 0 {
			s.t.Errorf("the old process %d ends with status %d, signal %v; expected 0", pid, status.ExitStatus(), status.Signal())
		}
		return ended
	})
}

// failUpgrade makes an upgrade that must fail, and checks that the same process serves. The error must mention a text.
func (s *server) failUpgrade(binary, mention string) {
	s.t.Helper()
	old := s.pid()
	_, err := s.run("upgrade", "--binary="+binary)
	if err == nil || !strings.Contains(err.Error(), mention) {
		s.t.Errorf("an upgrade to %s must fail with %q; the error is %v", filepath.Base(binary), mention, err)
	}
	if now := s.pid(); now != old {
		s.t.Errorf("after the failed upgrade to %s process %d serves, expected process %d as before", filepath.Base(binary), now, old)
	}
}

// copyBinary returns the path of a copy of linger.
func (s *server) copyBinary(name string) string {
	s.t.Helper()
	path := filepath.Join(s.folder, name)
	if os.Link(s.binary, path) == nil { // the same file system
		return path
	}
	text, err := os.ReadFile(s.binary)
	if err == nil {
		err = os.WriteFile(path, text, 0o700)
	}
	if err != nil {
		s.t.Fatal(err)
	}
	return path
}
