package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

// serverCommands are script commands that run a linger process in the background:
//
//	serve ARG...            starts linger run --listen=127.0.0.1:0 ARG..., with TOKEN and the variables that PASS names
//	                        from the script's environment; sets URL, PORT, and ADDRESS, which is the URL without http://
//	                        and, with --admin-listen among the arguments, ADMIN, the URL of the administration
//	proxy ARG...            starts linger proxy --listen=127.0.0.1:0 ARG... in the same way
//	background NAME ARG...  starts another linger run; sets NAME in capitals to its address, with ws://
//	tests ARG...            starts linger test ARG...
//	follow                  starts linger drain with ADMIN, and waits until it has printed the progress of the drain
//	followed                waits for the end of what follow has started, whose status must be 0
//	saw stdout|stderr RE    waits until the process has printed a match of the regular expression
//	signal INT|TERM|HUP|USR2  sends the process a signal
//	ends STATUS [SIGNAL]    waits for the end of the process, repeats SIGNAL until then if it is given, and writes the
//	                        output to the files server.stdout and server.stderr
//	certificate FILE        writes a certificate for localhost, with its key, to a file
//	presents FILE           waits until the server has TLS with the certificate in a file
//	get STATUS PATH [RE [HOST]]  sends a GET request to URL, which may be unix: and a path; the body must match RE
//	until PATH RE           repeats the same request until the body matches
func serverCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"serve": command(0, func(ts *testscript.TestScript, args []string) {
			stateOf(ts).server = start(ts, "run", args)
		}),
		"proxy": command(1, func(ts *testscript.TestScript, args []string) {
			stateOf(ts).server = start(ts, "proxy", args)
		}),
		"background": command(2, func(ts *testscript.TestScript, args []string) {
			before := ts.Getenv("ADDRESS")
			start(ts, "run", args[1:])
			ts.Setenv(strings.ToUpper(args[0]), "ws://"+ts.Getenv("ADDRESS"))
			ts.Setenv("ADDRESS", before)
		}),
		"tests": command(0, func(ts *testscript.TestScript, args []string) {
			stateOf(ts).server = launch(ts, append([]string{"test"}, args...))
		}),
		"follow": command(0, func(ts *testscript.TestScript, _ []string) {
			s := launch(ts, []string{"drain", "--admin=" + ts.Getenv("ADMIN")})
			s.await(ts, &s.stdout, regexp.MustCompile(`of 1 connection`))
			stateOf(ts).follower = s
		}),
		"followed": command(0, func(ts *testscript.TestScript, _ []string) { stateOf(ts).follower.awaitEnd(ts, 0, nil) }),

		"saw":    command(2, saw),
		"signal": command(1, sendSignal),
		"ends":   command(1, ends),
		"get":    command(2, get),
		"until":  command(2, until),

		"certificate": command(1, func(ts *testscript.TestScript, args []string) {
			text, err := newCertificate()
			ts.Check(err)
			ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
		}),
		"presents": command(1, presents),
	}
}

// server is a linger process that a script has started.
type server struct {
	process        *exec.Cmd
	stdout, stderr output
	reading        sync.WaitGroup // the goroutines that read the outputs
	ended          chan struct{}  // closed when the process has ended
	status         int            // exit status; valid after ended is closed
}

func serverOf(ts *testscript.TestScript) *server {
	s := stateOf(ts).server
	if s == nil {
		ts.Fatalf("the script has not started a server: use serve first")
	}
	return s
}

// adminPrinted matches the address of the administration, without a slash at its end.
var adminPrinted = regexp.MustCompile(`(?:dashboard|administration) at (\S+?)/?[ "\n]`)

var urlPrinted = regexp.MustCompile(`runs at (https?)://(\S+?)/[",\n]`)

// start starts a command of linger and waits until it has printed its address.
func start(ts *testscript.TestScript, subcommand string, args []string) *server {
	s := launch(ts, append([]string{subcommand, "--listen=127.0.0.1:0"}, withoutAdmin(args)...))
	printed := s.await(ts, &s.stdout, urlPrinted)
	ts.Setenv("ADDRESS", printed[2])
	ts.Setenv("PORT", printed[2][strings.LastIndexByte(printed[2], ':')+1:])
	ts.Setenv("URL", printed[1]+"://"+printed[2])
	if !slices.Contains(s.process.Args, adminOff) {
		ts.Setenv("ADMIN", s.await(ts, &s.stdout, adminPrinted)[1])
	}
	return s
}

// withoutAdmin returns the arguments of a command, with the administration turned off unless they set it.
func withoutAdmin(args []string) []string {
	if slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--admin-listen") }) {
		return args
	}
	return append([]string{adminOff}, args...)
}

const adminOff = "--admin-listen=off"

// launch starts a command of linger. It is killed at the end of the script.
func launch(ts *testscript.TestScript, args []string) *server {
	program, err := exec.LookPath("linger")
	ts.Check(err)
	s := &server{ended: make(chan struct{})}
	s.process = exec.Command(program, args...)
	s.process.Dir = ts.MkAbs(".")
	s.process.Env = append(slices.DeleteFunc(os.Environ(), isLingerVariable), "TOKEN="+ts.Getenv("TOKEN"))
	for _, name := range strings.Fields(ts.Getenv("PASS")) {
		s.process.Env = append(s.process.Env, name+"="+ts.Getenv(name))
	}
	var closeOutputs func()
	s.process.Stdout, s.process.Stderr, closeOutputs = s.outputs(ts)
	err = s.process.Start()
	closeOutputs()
	ts.Check(err)
	go s.wait()
	ts.Defer(func() {
		_ = s.process.Process.Kill() // it may have exited
		<-s.ended
		ts.Logf("[server stdout]\n%s[server stderr]\n%s", s.stdout.String(), s.stderr.String())
	})
	return s
}

// isLingerVariable reports whether a line of os.Environ is a setting of the process that runs the tests.
func isLingerVariable(line string) bool { return strings.HasPrefix(line, variablePrefix) }

// outputs returns the two outputs of the process, and a function that closes them here. They are read until their ends, which may come
// after that of the process: another process that has taken over has them too.
func (s *server) outputs(ts *testscript.TestScript) (stdout, stderr *os.File, closeThem func()) {
	ends := make([]*os.File, 0, 2)
	for _, to := range []*output{&s.stdout, &s.stderr} {
		reader, writer, err := os.Pipe()
		ts.Check(err)
		ends = append(ends, writer)
		s.reading.Go(func() {
			_, _ = io.Copy(to, reader)
			_ = reader.Close()
		})
	}
	return ends[0], ends[1], func() { _, _ = ends[0].Close(), ends[1].Close() }
}

// outputTimeout bounds the wait for the rest of the outputs of a process that has ended.
const outputTimeout = time.Second

func (s *server) wait() {
	err := s.process.Wait()
	read := make(chan struct{})
	go func() { s.reading.Wait(); close(read) }()
	select {
	case <-read:
	case <-time.After(outputTimeout): // another process has the outputs
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		s.status = exit.ExitCode()
	case err != nil:
		s.status = -1
	}
	close(s.ended)
}

func saw(ts *testscript.TestScript, args []string) {
	s := serverOf(ts)
	pattern, err := regexp.Compile("(?m)" + args[1])
	ts.Check(err)
	streams := map[string]*output{"stdout": &s.stdout, "stderr": &s.stderr}
	if streams[args[0]] == nil {
		ts.Fatalf("unknown stream %q: want stdout or stderr", args[0])
	}
	s.await(ts, streams[args[0]], pattern)
}

// await waits until the text of a stream matches a pattern, and returns the submatches.
func (s *server) await(ts *testscript.TestScript, stream *output, pattern *regexp.Regexp) []string {
	timeout := time.NewTimer(testTimeout)
	defer timeout.Stop()
	for {
		grown, ended := stream.growth(), s.hasEnded() // before reading the text, so that no growth is missed
		if found := pattern.FindStringSubmatch(stream.String()); found != nil {
			return found
		}
		if ended {
			ts.Fatalf("the server must print %q; it has ended with status %d without it", pattern, s.status)
		}
		select {
		case <-grown:
		case <-s.ended:
		case <-timeout.C:
			ts.Fatalf("the server must print %q; it has not within %v", pattern, testTimeout)
		}
	}
}

func (s *server) hasEnded() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

func sendSignal(ts *testscript.TestScript, args []string) {
	ts.Check(serverOf(ts).process.Process.Signal(signalOf(ts, args[0])))
}

func signalOf(ts *testscript.TestScript, name string) os.Signal {
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "USR2": signalUSR2}
	if signals[name] == nil {
		ts.Fatalf("unknown signal %q: want INT, TERM, HUP or USR2", name)
	}
	return signals[name]
}

func ends(ts *testscript.TestScript, args []string) {
	s := serverOf(ts)
	var again os.Signal
	if len(args) > 1 {
		again = signalOf(ts, args[1])
	}
	s.awaitEnd(ts, number(ts, args[0]), again)
	ts.Check(os.WriteFile(ts.MkAbs("server.stdout"), []byte(s.stdout.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("server.stderr"), []byte(s.stderr.String()), 0o600))
}

// awaitEnd waits for the end of the process, and repeats a signal until then unless it is nil.
func (s *server) awaitEnd(ts *testscript.TestScript, status int, again os.Signal) {
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	timeout := time.After(testTimeout)
	for !s.hasEnded() {
		select {
		case <-s.ended:
		case <-ticker.C:
			if again != nil {
				_ = s.process.Process.Signal(again) // it may have exited
			}
		case <-timeout:
			ts.Fatalf("the process must end; it still runs after %v", testTimeout)
		}
	}
	if s.status != status {
		ts.Fatalf("the process must end with status %d; it was %d", status, s.status)
	}
}

func get(ts *testscript.TestScript, args []string) {
	status, body := request(ts, args[1], args[min(3, len(args)):]...)
	if got := strconv.Itoa(status); got != args[0] {
		ts.Fatalf("the status of %s must be %s; it was %s", args[1], args[0], got)
	}
	if len(args) > 2 && !regexp.MustCompile(args[2]).Match(body) {
		ts.Fatalf("the body of %s must match %q; it was %q", args[1], args[2], body)
	}
}

func until(ts *testscript.TestScript, args []string) {
	want := regexp.MustCompile(args[1])
	var body []byte
	for late := time.Now().Add(testTimeout); time.Now().Before(late); time.Sleep(10 * time.Millisecond) {
		if _, body = request(ts, args[0]); want.Match(body) {
			return
		}
	}
	ts.Fatalf("the body of %s must match %q; it was %q", args[0], args[1], body)
}

// request sends a GET request to URL, for another host if one is given.
func request(ts *testscript.TestScript, path string, host ...string) (status int, body []byte) {
	client := http.Client{Timeout: testTimeout}
	server := ts.Getenv("URL")
	if socket, ok := strings.CutPrefix(server, "unix:"); ok {
		server = "http://localhost"
		client.Transport = &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "unix", ts.MkAbs(socket))
		}}
	}
	request, err := http.NewRequest(http.MethodGet, server+path, http.NoBody)
	ts.Check(err)
	if len(host) > 0 {
		request.Host = host[0]
	}
	response, err := client.Do(request)
	ts.Check(err)
	defer func() { _ = response.Body.Close() }()
	body, err = io.ReadAll(response.Body)
	ts.Check(err)
	return response.StatusCode, body
}

func presents(ts *testscript.TestScript, args []string) {
	want, err := tls.LoadX509KeyPair(ts.MkAbs(args[0]), ts.MkAbs(args[0]))
	ts.Check(err)
	for deadline := time.Now().Add(testTimeout); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		conn, err := tls.Dial("tcp", ts.Getenv("ADDRESS"), &tls.Config{InsecureSkipVerify: true}) //nolint:gosec // the certificate is compared
		ts.Check(err)
		got := conn.ConnectionState().PeerCertificates[0]
		ts.Check(conn.Close())
		if got.Equal(want.Leaf) {
			return
		}
	}
	ts.Fatalf("the server must present the certificate in %s; it has not within %v", args[0], testTimeout)
}
