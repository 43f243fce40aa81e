package packages_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lingerws/linger/worker"
)

// timeout bounds each wait.
const timeout = 2 * time.Minute

// objectSleepAfter is how long the objects of scenarios are idle before they sleep.
const objectSleepAfter = 100 * time.Millisecond

// TestPackages runs the scenarios of the table. A scenario is an application in testdata/scenarios. One that calls run of check.ts
// checks itself at a request. If there is a client of the same name, NAME.client.mjs, it runs in Node and uses the application.
func TestPackages(t *testing.T) {
	if why := installed(); why != "" {
		t.Skip("the packages are not tested: " + why)
	}
	for _, p := range scenarios() {
		t.Run(p.scenario, func(t *testing.T) {
			t.Parallel()
			if p.fails != "" {
				testFailure(t, p.scenario)
				return
			}
			useScenario(t, p.scenario, serve(t, p))
		})
	}
}

// scenarios returns a row of the table for each scenario.
func scenarios() []npmPackage {
	seen := map[string]bool{}
	return slices.DeleteFunc(slices.Clone(table), func(p npmPackage) bool {
		isFurther := seen[p.scenario]
		seen[p.scenario] = true
		return isFurther
	})
}

// testFailure checks the error of an application that cannot be loaded, which is in a file with the suffix .error.
func testFailure(t *testing.T, scenario string) {
	app, err := worker.Load("testdata/scenarios/"+scenario, worker.Options{EventTimeout: timeout})
	if err == nil {
		shutdown(app)
		t.Fatal("the application is loaded, expected an error")
	}
	got := strings.ReplaceAll(err.Error(), "testdata/", "") + "\n"
	if *update {
		if err := os.WriteFile(errorFile(scenario), []byte(got), 0o644); err != nil { //nolint:gosec // a file of the repository
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(errorFile(scenario))
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("loading the application reports\n%s\nexpected\n%s", got, want)
	}
}

// errorFile returns the path of the file with the error of a scenario that cannot be loaded.
func errorFile(scenario string) string {
	return "testdata/scenarios/" + strings.TrimSuffix(scenario, filepath.Ext(scenario)) + ".error"
}

// useScenario lets a running application check itself, if it does, and runs its client, if it has one.
func useScenario(t *testing.T, file, url string) {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("testdata/scenarios", file))
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(source, []byte("\nrun(")) {
		for _, result := range requestResults(t, url) {
			t.Run(result.Name, func(t *testing.T) {
				if result.Error != "" {
					t.Error(result.Error)
				}
			})
		}
	}
	if _, err := os.Stat(filepath.Join("testdata", clientOf(file))); err == nil {
		runClient(t, clientOf(file), url)
	}
}

// clientOf returns the path of the client of a scenario, relative to testdata.
func clientOf(scenario string) string {
	return filepath.Join("scenarios", strings.TrimSuffix(scenario, filepath.Ext(scenario))+".client.mjs")
}

// checkResult is the result of a check in an application.
type checkResult struct{ Name, Error string }

// requestResults lets an application run its checks.
func requestResults(t *testing.T, url string) []checkResult {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	var results []checkResult
	if err := json.Unmarshal(body, &results); err != nil || len(results) == 0 {
		t.Fatalf("the response is %d %q, expected the results of checks", response.StatusCode, body)
	}
	return results
}

// clientDone is what a client prints after its last check.
const clientDone = "the client is done\n"

// runClient runs a client with Node. Its argument is the URL of the application. It fails unless the client prints that it is done,
// after which the process is killed: Node can hang when it exits (nodejs/node#54918), which is not what is tested.
func runClient(t *testing.T, file, url string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), timeout)
	defer cancel()
	output := &clientOutput{done: cancel}
	node := exec.CommandContext(ctx, "node", file, url)
	node.Dir, node.Stdout, node.Stderr = "testdata", output, output
	var state string
	node.Cancel = func() error {
		state = "; its threads were in these system calls: " + systemCalls(node.Process.Pid)
		return node.Process.Kill()
	}
	err := node.Run()
	if text := output.String(); !strings.HasSuffix(text, clientDone) {
		t.Errorf("the client ends with %v%s\n%s", err, state, text)
	}
}

// clientOutput collects the output of a client, and calls done when that is complete.
type clientOutput struct {
	logBuffer
	done func()
}

// Write implements [io.Writer].
func (o *clientOutput) Write(b []byte) (int, error) {
	n, err := o.logBuffer.Write(b)
	if strings.HasSuffix(o.String(), clientDone) {
		o.done()
	}
	return n, err
}

// systemCalls returns the names of the threads of a process and the numbers of the system calls that each is in, where the system has
// them in /proc. An event loop that waits is in epoll_wait; a thread that waits for another one is in futex.
func systemCalls(pid int) string {
	folders, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", pid))
	if err != nil || len(folders) == 0 {
		return "unknown"
	}
	var threads []string
	for _, folder := range folders {
		name, _ := os.ReadFile(folder + "/comm") // empty if the thread has ended
		call, _ := os.ReadFile(folder + "/syscall")
		number, _, _ := strings.Cut(string(call), " ")
		threads = append(threads, strings.TrimSpace(string(name))+" "+strings.TrimSpace(number))
	}
	return strings.Join(threads, ", ")
}

// serve starts the application of a package and returns the URL of its server.
func serve(t *testing.T, p npmPackage) string {
	t.Helper()
	log := &logBuffer{}
	options := worker.Options{
		Vars:         map[string]any{"SECRET": "from the environment"},
		EventTimeout: timeout, Logger: slog.New(slog.NewTextHandler(log, nil)), Stdout: log, Stderr: log,
	}
	if p.objects != "" {
		options.Data, options.SleepAfter = t.TempDir(), objectSleepAfter
	}
	for _, class := range strings.Fields(p.objects) {
		options.Bindings.Objects = append(options.Bindings.Objects, worker.ObjectNamespace{Name: class, Class: class})
	}
	app, err := worker.Load("testdata/scenarios/"+p.scenario, options)
	if err != nil {
		t.Fatalf("loading the application: %v", err)
	}
	server := httptest.NewServer(app)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		shutdown(app)
		if text := log.String(); t.Failed() || strings.Contains(text, "level=ERROR") {
			t.Errorf("the output of the application is:\n%s", text)
		}
	})
	return server.URL
}

func shutdown(app *worker.App) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	_ = app.Shutdown(ctx)
}

// logBuffer collects the output of an application.
type logBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logBuffer) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}
