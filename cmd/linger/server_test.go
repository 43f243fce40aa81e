package main

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

type scriptCommand = func(ts *testscript.TestScript, neg bool, args []string)

// serverCommands run one linger in the background of a script:
//
//	serve ARG...            linger run --listen=127.0.0.1:0 ARG...; sets URL, PORT, and ADDRESS without the http://; of the
//	                        script's environment it gets TOKEN
//	proxy ARG...            linger proxy --listen=127.0.0.1:0 ARG..., in the same way
//	background NAME APP     another linger run; sets NAME in capitals to its address, with ws://
//	saw stdout|stderr RE    waits until it has printed something that fits
//	signal INT|TERM|HUP     sends it a signal
//	ends STATUS [SIGNAL]    waits for its end, and sends it a signal until then, if one is given; what it printed is in
//	                        the files server.stdout and server.stderr
//	get STATUS PATH [RE [HOST]]  asks it for a page
func serverCommands() map[string]scriptCommand {
	return map[string]scriptCommand{
		"serve": command(1, func(ts *testscript.TestScript, args []string) {
			sceneOf(ts).server = start(ts, "run", args)
		}),
		"proxy": command(1, func(ts *testscript.TestScript, args []string) {
			sceneOf(ts).server = start(ts, "proxy", args)
		}),
		"background": command(2, func(ts *testscript.TestScript, args []string) {
			before := ts.Getenv("ADDRESS")
			start(ts, "run", args[1:])
			ts.Setenv(strings.ToUpper(args[0]), "ws://"+ts.Getenv("ADDRESS"))
			ts.Setenv("ADDRESS", before)
		}),
		"saw":    command(2, saw),
		"signal": command(1, sendSignal),
		"ends":   command(1, ends),
		"get":    command(2, get),
	}
}

// server is the linger that a script has started.
type server struct {
	process        *exec.Cmd
	stdout, stderr output
	ended          chan struct{}
	status         int // when it has ended
}

func serverOf(ts *testscript.TestScript) *server {
	s := sceneOf(ts).server
	if s == nil {
		ts.Fatalf("the script has started no server: use serve first")
	}
	return s
}

var urlPrinted = regexp.MustCompile(`runs at http://(\S+?)/["\n]`)

// start starts a sub-command that serves, and waits until it does.
func start(ts *testscript.TestScript, subcommand string, args []string) *server {
	program, err := exec.LookPath("linger")
	ts.Check(err)
	s := &server{ended: make(chan struct{})}
	s.process = exec.Command(program, append([]string{subcommand, "--listen=127.0.0.1:0"}, args...)...)
	s.process.Dir = ts.MkAbs(".")
	s.process.Env = append(os.Environ(), "TOKEN="+ts.Getenv("TOKEN")) // the variable that a script may give it
	s.process.Env = append(os.Environ(), "TOKEN="+ts.Getenv("TOKEN")) // the variable that a script may give it
	s.process.Stdout, s.process.Stderr = &s.stdout, &s.stderr
	ts.Check(s.process.Start())
	go s.wait()
	ts.Defer(func() {
		_ = s.process.Process.Kill() // it may have ended
		<-s.ended
		ts.Logf("[server stdout]\n%s[server stderr]\n%s", s.stdout.String(), s.stderr.String())
	})
	printed := s.await(ts, &s.stdout, urlPrinted)
	ts.Setenv("ADDRESS", printed[1])
	ts.Setenv("PORT", printed[1][strings.LastIndexByte(printed[1], ':')+1:])
	ts.Setenv("URL", "http://"+printed[1])
	return s
}

func (s *server) wait() {
	err := s.process.Wait()
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
		ts.Fatalf("there is no stream %q: it is stdout or stderr", args[0])
	}
	s.await(ts, streams[args[0]], pattern)
}

// await waits until a stream has something that fits.
func (s *server) await(ts *testscript.TestScript, stream *output, pattern *regexp.Regexp) []string {
	tooLong := time.NewTimer(patience)
	defer tooLong.Stop()
	for {
		grown, over := stream.growth(), s.hasEnded() // asked for first, so that nothing is missed
		if found := pattern.FindStringSubmatch(stream.String()); found != nil {
			return found
		}
		if over {
			ts.Fatalf("the server prints %q; it has ended with status %d and has not", pattern, s.status)
		}
		select {
		case <-grown:
		case <-s.ended:
		case <-tooLong.C:
			ts.Fatalf("the server prints %q; it has not", pattern)
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
	signals := map[string]os.Signal{"INT": os.Interrupt, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP}
	if signals[name] == nil {
		ts.Fatalf("there is no signal %q: it is INT, TERM or HUP", name)
	}
	return signals[name]
}

func ends(ts *testscript.TestScript, args []string) {
	s := serverOf(ts)
	again := time.NewTicker(100 * time.Millisecond)
	defer again.Stop()
	tooLong := time.After(patience)
	for !s.hasEnded() {
		select {
		case <-s.ended:
		case <-again.C:
			if len(args) > 1 {
				_ = s.process.Process.Signal(signalOf(ts, args[1])) // it may have ended
			}
		case <-tooLong:
			ts.Fatalf("the server ends; it goes on")
		}
	}
	if s.status != number(ts, args[0]) {
		ts.Fatalf("the server ends with status %s; it was %d", args[0], s.status)
	}
	ts.Check(os.WriteFile(ts.MkAbs("server.stdout"), []byte(s.stdout.String()), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs("server.stderr"), []byte(s.stderr.String()), 0o600))
}

func get(ts *testscript.TestScript, args []string) {
	client := http.Client{Timeout: patience}
	request, err := http.NewRequest(http.MethodGet, ts.Getenv("URL")+args[1], http.NoBody)
	ts.Check(err)
	if len(args) > 3 {
		request.Host = args[3]
	}
	response, err := client.Do(request)
	ts.Check(err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	if got := strconv.Itoa(response.StatusCode); got != args[0] {
		ts.Fatalf("%s is answered with status %s; it was %s", args[1], args[0], got)
	}
	if len(args) > 2 && !regexp.MustCompile(args[2]).Match(body) {
		ts.Fatalf("%s is answered with a body that fits %q; it was %q", args[1], args[2], body)
	}
}
