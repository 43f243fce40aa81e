package deploy_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

// stages returns the stages of the Dockerfile, as Docker reads it, and fails the test for each warning of its linter.
func stages(t *testing.T) []instructions.Stage {
	t.Helper()
	parsed, err := parser.Parse(strings.NewReader(read(t, "deploy", "docker", "Dockerfile")))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range parsed.Warnings {
		t.Errorf("the Dockerfile has no warnings; got %s", w.Short)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, _ []parser.Range) { t.Errorf("%s: %s", rule, message) }})
	stages, _, err := instructions.Parse(parsed.AST, lint)
	if err != nil {
		t.Fatal(err)
	}
	return stages
}

// The image runs as a user without rights, has a health check, and starts without a shell, which it does not have.
func TestDockerfile(t *testing.T) {
	all := stages(t)
	last := all[len(all)-1]
	var user string
	for _, command := range last.Commands {
		switch command := command.(type) {
		case *instructions.UserCommand:
			user = command.User
		case *instructions.HealthCheckCommand:
			checkHealthCheck(t, command.Health.Test)
		case *instructions.EntrypointCommand:
			if command.PrependShell || !slices.Equal(command.CmdLine, []string{"/usr/bin/linger"}) {
				t.Errorf("the entry point is /usr/bin/linger without a shell; got %q", command.CmdLine)
			}
		case *instructions.RunCommand:
			t.Errorf("the last stage has no shell; got RUN %q", command.CmdLine)
		}
	}
	if user == "" || strings.HasPrefix(user, "0") || strings.HasPrefix(user, "root") {
		t.Errorf("the user is not root; got %q", user)
	}
	for _, command := range all[0].Commands {
		if run, ok := command.(*instructions.RunCommand); ok && slices.ContainsFunc(run.CmdLine, func(line string) bool { return strings.Contains(line, "go build") }) {
			if !strings.Contains(run.CmdLine[0], "CGO_ENABLED=0") {
				t.Errorf("the binary is static; got %q", run.CmdLine)
			}
		}
	}
}

// checkHealthCheck runs the command of a health check, with a server that runs and without one.
func checkHealthCheck(t *testing.T, command []string) {
	t.Helper()
	if len(command) < 2 || command[0] != "CMD" || command[1] != "/usr/bin/linger" {
		t.Fatalf("the health check runs /usr/bin/linger without a shell; got %q", command)
	}
	check := func(port string) error {
		run := exec.Command(linger(t), command[2:]...)
		run.Env = append(run.Environ(), "LINGER_ADMIN_LISTEN=127.0.0.1:"+port)
		return run.Run()
	}
	a := run(t)
	if err := check(a.admin); err != nil {
		t.Errorf("the health check of a server that runs succeeds; got %v", err)
	}
	if err := check(freePort(t)); err == nil {
		t.Error("the health check fails without a server")
	}
}

// With a Docker engine the image is built.
func TestDockerBuild(t *testing.T) {
	if exec.Command("docker", "info").Run() != nil {
		t.Skip("no Docker engine runs; TestDockerfile checks the file")
	}
	build := exec.Command("docker", "build", "-q", "-f", filepath.Join("deploy", "docker", "Dockerfile"), ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the image builds; got %v\n%s", err, out)
	}
}
