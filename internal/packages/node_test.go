//go:build unix

package packages_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestNode runs the scenarios of the table in Node, with "linger run --runtime=node", and their clients. Those with Durable Objects are in
// a project of Workers.
func TestNode(t *testing.T) {
	if why := installed(); why != "" {
		t.Skip("the packages are not tested: " + why)
	}
	program := buildCommand(t)
	for _, p := range scenarios() {
		if p.tried == "" || p.objects != "" {
			continue
		}
		t.Run(p.scenario, func(t *testing.T) {
			t.Parallel()
			flags := []string{"run", "--runtime=node", "--port=0", "--var=SECRET=from the environment"}
			if start, ok := databases[p.scenario]; ok {
				flags = append(flags, start(t))
			}
			useScenario(t, p.scenario, startCommand(t, program, "testdata", append(flags, "scenarios/"+p.scenario)...))
		})
	}
	t.Run("project", func(t *testing.T) {
		t.Parallel()
		url := startCommand(t, program, "testdata/project", "run", "--runtime=node", "--port=0", "--data="+t.TempDir(), "--sleep-after="+objectSleepAfter.String())
		runClient(t, clientOf("objects.tsx"), url)
	})
}

// databases start what a scenario needs, and return the flag with its address.
var databases = map[string]func(t *testing.T) string{
	"pg.ts":      func(t *testing.T) string { return "--var=DATABASE_URL=" + startPostgres(t) },
	"ioredis.ts": func(t *testing.T) string { return "--var=REDIS=" + startRedis(t) },
}

// TestTeamChat runs the tests of examples/team-chat, with PostgreSQL, on each runtime, and checks its types.
func TestTeamChat(t *testing.T) {
	t.Parallel()
	folder, err := filepath.Abs("../../examples/team-chat")
	if err != nil {
		t.Fatal(err)
	}
	if why := install(folder); why != "" {
		t.Skip("NOT TESTED: " + why)
	}
	program, database := buildCommand(t), startPostgres(t)
	run := func(t *testing.T, script, runtime string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), timeout)
		defer cancel()
		npm := exec.CommandContext(ctx, "npm", "run", script)
		npm.Dir = folder
		npm.Env = append(os.Environ(), "PATH="+filepath.Dir(program)+":"+os.Getenv("PATH"), "DATABASE_URL="+database, "RUNTIME="+runtime)
		if output, err := npm.CombinedOutput(); err != nil {
			t.Errorf("npm run %s ends with %v:\n%s", script, err, output)
		}
	}
	run(t, "check", "")
	for _, runtime := range []string{"node", "bun", "deno"} {
		t.Run(runtime, func(t *testing.T) {
			if _, err := exec.LookPath(runtime); err != nil {
				skipOrFail(t, "TESTS_REQUIRE_RUNTIMES", runtime+" is not installed; .ci/runtimes installs it")
			}
			run(t, "test", runtime)
		})
	}
}
