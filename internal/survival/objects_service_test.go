package survival

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/lingerws/linger/internal/testprogram"
)

// objectsScript is an application with rooms as objects; VERSION is replaced for each reload. A room stores the number of each message, and
// counts them, before it answers. Every eighth answer goes to all sockets of the room.
const objectsScript = `
import { DurableObject } from "cloudflare:workers";

export class Room extends DurableObject {
	constructor(ctx, env) {
		super(ctx, env);
		ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS handled (visitor INTEGER, number INTEGER, PRIMARY KEY (visitor, number))");
		ctx.blockConcurrencyWhile(async () => {
			await ctx.storage.put("constructed", ((await ctx.storage.get("constructed")) ?? 0) + 1);
		});
	}

	async fetch(request) {
		const visitor = new URL(request.url).searchParams.get("visitor");
		if (visitor === null) return Response.json(await this.report());
		const [client, server] = Object.values(new WebSocketPair());
		this.ctx.acceptWebSocket(server, [visitor]);
		server.serializeAttachment({ visitor: Number(visitor) });
		return new Response(null, { status: 101, webSocket: client });
	}

	async report() {
		const handled = {};
		for (const { visitor, number } of this.ctx.storage.sql.exec("SELECT visitor, number FROM handled ORDER BY visitor, number")) {
			(handled[visitor] ??= []).push(number);
		}
		return {
			count: (await this.ctx.storage.get("count")) ?? 0,
			constructed: await this.ctx.storage.get("constructed"),
			sockets: this.ctx.getWebSockets().length,
			handled,
		};
	}

	async webSocketMessage(socket, message) {
		const [number, deed] = message.split(" ");
		if (deed === "loop") for (;;);
		if (deed === "hoard") for (const all = []; ; ) all.push(new Uint8Array(1 << 16));
		const { visitor } = socket.deserializeAttachment();
		this.ctx.storage.sql.exec("INSERT INTO handled VALUES (?, ?)", visitor, Number(number));
		const count = ((await this.ctx.storage.get("count")) ?? 0) + 1;
		await this.ctx.storage.put("count", count);
		socket.send(number + " " + count);
		if (count % 8 === 0) for (const one of this.ctx.getWebSockets()) one.send("news " + count);
	}
}

export default {
	fetch(request, env) {
		const { pathname } = new URL(request.url);
		if (pathname === "/version") return new Response("VERSION");
		return env.ROOM.getByName(pathname.slice(1)).fetch(request);
	},
};`

const objectsConfig = `{
	"name": "rooms", "main": "app.js", "compatibility_date": "2026-10-01",
	"durable_objects": { "bindings": [{ "name": "ROOM", "class_name": "Room" }] },
	"migrations": [{ "tag": "v1", "new_sqlite_classes": ["Room"] }],
}`

// roomReport is what a room has stored, and its sockets.
type roomReport struct {
	Count       int              // the number of messages
	Constructed int              // the number of times that the constructor has run
	Sockets     int              // the number of open sockets
	Handled     map[string][]int // the numbers of messages, by visitor
}

// objectsServer is a linger process with rooms, which is killed and started again on the same folder.
type objectsServer struct {
	t       *testing.T
	plan    objectsPlan
	folder  string // of the application and its data
	binary  string
	address string
	client  http.Client

	process *exec.Cmd
	log     *output
	ended   chan struct{} // closed when the process has ended
	killed  atomic.Bool   // kill was called

	version int // the last version of the script that was written
}

// output collects the log of a process.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

// count returns the number of lines that contain a text.
func (o *output) count(text string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return bytes.Count(o.text.Bytes(), []byte(text))
}

// maxLines is how many lines of a kind the log of linger has within ten seconds. The number of the others is logged later, unless the
// process is killed before.
const maxLines = 20

// failures returns the number of events that were logged as failed. exact is false if some may be missing, because there were so many.
func (o *output) failures() (events int, exact bool) {
	events = o.count(failedWith) + o.count(timedOut)
	return events, events < maxLines
}

// lines returns the last lines.
func (o *output) lines(n int) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := strings.Split(o.text.String(), "\n")
	return strings.Join(all[max(0, len(all)-n):], "\n")
}

// crash returns the lines from the message with which a Go program crashes.
func (o *output) crash() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	text := o.text.String()
	for _, message := range []string{"panic: ", "fatal error: ", "unexpected fault", "SIGSEGV", "WARNING: DATA RACE"} {
		if at := strings.Index(text, message); at >= 0 {
			return text[max(0, at-500):min(len(text), at+6000)]
		}
	}
	return ""
}

// newObjectsServer builds linger and writes the application.
func newObjectsServer(t *testing.T, p objectsPlan) *objectsServer {
	t.Helper()
	s := &objectsServer{t: t, plan: p, folder: t.TempDir(), log: &output{}}
	s.client = http.Client{Transport: &http.Transport{}, Timeout: timeout}
	var err error
	if s.binary, err = testprogram.Build("../..", testprogram.Command, t.TempDir()); err != nil {
		t.Fatal(err)
	}
	s.write("wrangler.jsonc", objectsConfig)
	s.writeNext()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.address = listener.Addr().String()
	_ = listener.Close()
	return s
}

func (s *objectsServer) write(name, text string) {
	if err := os.WriteFile(filepath.Join(s.folder, name), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// writeNext writes the next version of the script.
func (s *objectsServer) writeNext() {
	s.version++
	s.write("app.js", strings.ReplaceAll(objectsScript, "VERSION", fmt.Sprint(s.version)))
}

// start starts the process, and waits until it answers.
func (s *objectsServer) start() {
	s.process = exec.Command(s.binary, "run", "--listen="+s.address, "--workers="+fmt.Sprint(s.plan.workers), "--memory="+s.plan.memory,
		"--event-timeout=1s", "--sleep-after="+s.plan.sleepAfter.String(), "--log-format=text")
	s.process.Dir = s.folder
	s.process.Stdout, s.process.Stderr = s.log, s.log
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.ended = make(chan struct{})
	s.killed.Store(false)
	go func() {
		err := s.process.Wait()
		close(s.ended)
		if !s.killed.Load() {
			s.t.Errorf("the process has ended: %v\n%s", err, s.log.crash())
		}
	}()
	s.t.Cleanup(s.kill)
	s.awaitVersion()
}

// kill ends the process at once, with SIGKILL.
func (s *objectsServer) kill() {
	s.killed.Store(true)
	_ = s.process.Process.Kill()
	<-s.ended
}

// reload makes the process load the next version of the script, and waits until it answers.
func (s *objectsServer) reload() {
	s.writeNext()
	if err := s.process.Process.Signal(syscall.SIGHUP); err != nil {
		s.t.Errorf("sending SIGHUP: %v", err)
	}
	s.awaitVersion()
}

// awaitVersion waits until the last version of the script answers.
func (s *objectsServer) awaitVersion() {
	s.t.Helper()
	if !eventually(s.t, "the last version of the script answers", func() bool {
		select {
		case <-s.ended:
			s.t.Fatalf("the process has ended:\n%s", s.log.lines(20))
		default:
		}
		text, err := s.get("/version")
		return err == nil && text == fmt.Sprint(s.version)
	}) {
		s.t.Fatal(s.log.lines(20))
	}
}

// get sends a request and returns the body of a response with the status 200.
func (s *objectsServer) get(path string) (string, error) {
	request, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, "http://"+s.address+path, nil)
	if err != nil {
		return "", err
	}
	response, err := s.client.Do(request)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("the response to %s is %d: %.200s", path, response.StatusCode, body)
	}
	return string(body), err
}

// report returns what a room has stored.
func (s *objectsServer) report(room int) (r roomReport) {
	s.t.Helper()
	var failure error
	if !eventually(s.t, "a room answers", func() bool {
		var text string
		if text, failure = s.get(fmt.Sprint("/room", room)); failure == nil {
			failure = json.Unmarshal([]byte(text), &r)
		}
		return failure == nil
	}) {
		s.t.Errorf("room %d: %v", room, failure)
	}
	return r
}
