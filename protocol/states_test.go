package protocol

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// stateInputs is everything that can happen to a machine, one of each kind.
var stateInputs = []string{
	`app close 1000 "ours"`,
	`app discard 1000 "ours"`,
	`app answer`,
	`app fail`,
	`app text "t"`,
	`app text "t" more`,
	`app cont "t"`,
	`app ping "p"`,
	`peer text "t"`,
	`peer text "t" more`,
	`peer ping "p"`,
	`peer close 3000 "theirs"`,
	`peer opcode 5`,
	`eof`,
	`broken`,
	`abort keepalive`,
	`timer`,
	`stall`,
	`write`,
}

// mode is what of the configuration decides about states.
type mode uint8

const (
	plain    mode = iota
	halfOpen      // Config.HalfOpen
	deferred      // and Config.DeferFailure
)

func (m mode) config() Config { return Config{HalfOpen: m >= halfOpen, DeferFailure: m == deferred} }

func (m mode) String() string {
	return [...]string{"plain", "half-open", "half-open, failures deferred"}[m]
}

// namedState is a state worth a section in the table, and a way into it.
type namedState struct {
	name string
	mode mode
	path []string
}

var namedStates = []namedState{
	{"open", plain, nil},
	{"open, our message not finished", plain, []string{`app text "m" more`}},
	{"open, their message not finished", plain, []string{`peer text "m" more`}},
	{"open, output stalled", plain, []string{`stall`, `app text "q"`}},
	{"open, a frame is partly written and another waits", plain, []string{`stall`, `app text "q"`, `app text "r"`, `write 1`}},
	{"our Close waits for our message", plain, []string{`app text "m" more`, `app close 1001`}},
	{"our answer waits for our message", plain, []string{`app text "m" more`, `peer close 3001`}},
	{"both decided, ours waits for our message", plain, []string{`app text "m" more`, `app close 1001`, `peer close 3001`}},
	{"our Close is out", plain, []string{`app close 1001`}},
	{"our Close is stalled", plain, []string{`stall`, `app close 1001`}},
	{"our Close is partly written and a pong waits", plain, []string{`stall`, `app close 1001`, `write 1`, `peer ping "p"`}},
	{"our answer is stalled", plain, []string{`stall`, `peer close 3001`}},
	{"both Closes have passed", plain, []string{`peer close 3001`}},
	{"half-open", halfOpen, []string{`peer close 3001`}},
	{"half-open, our message not finished", halfOpen, []string{`peer close 3001`, `app text "m" more`}},
	{"half-open, output stalled", halfOpen, []string{`peer close 3001`, `stall`, `app text "q"`}},
	{"half-open, our Close waits for our message", halfOpen, []string{`peer close 3001`, `app text "m" more`, `app close 1001`}},
	{"half-open, our Close is stalled", halfOpen, []string{`peer close 3001`, `stall`, `app close 1001`}},
	{"half-open, EOF after their Close", halfOpen, []string{`peer close 3001`, `eof`}},
	{"half-open, EOF after their Close, our message not finished", halfOpen, []string{`peer close 3001`, `app text "m" more`, `eof`}},
	{"EOF after their Close, our answer waits for our message", plain, []string{`app text "m" more`, `peer close 3001`, `eof`}},
	{"failed", plain, []string{`peer opcode 4`}},
	{"failed, our Close is stalled", plain, []string{`stall`, `peer opcode 4`}},
	{"failed after our Close", plain, []string{`app close 1001`, `peer opcode 4`}},
	{"failing", deferred, []string{`peer opcode 4`}},
	{"failing, our message not finished", deferred, []string{`app text "m" more`, `peer opcode 4`}},
	{"failing, our Close waits for our message", deferred, []string{`app text "m" more`, `peer opcode 4`, `app close 1001`}},
	{"failing, output stalled", deferred, []string{`stall`, `app text "q"`, `peer opcode 4`}},
	{"failing, EOF", deferred, []string{`peer opcode 4`, `eof`}},
	{"failing, our message not finished, EOF", deferred, []string{`app text "m" more`, `peer opcode 4`, `eof`}},
	{"failing, our Close waits for our message, EOF", deferred, []string{`app text "m" more`, `peer opcode 4`, `app close 1001`, `eof`}},
	{"EOF, output stalled", plain, []string{`stall`, `app text "q"`, `eof`}},
	{"EOF, our Close is stalled", plain, []string{`stall`, `app close 1001`, `eof`}},
	{"EOF after a failure, our Close is stalled", plain, []string{`stall`, `peer opcode 4`, `eof`}},
	{"EOF after their Close, our answer is stalled", plain, []string{`stall`, `peer close 3001`, `eof`}},
	{"gone both ways", plain, []string{`eof`}},
	{"cut while open", plain, []string{`broken`}},
	{"cut while lingering", plain, []string{`peer close 3001`, `broken`}},
}

// TestStates compares what each input does in each state with the table in
// testdata/states.txt, which -update rewrites and a human reviews.
func TestStates(t *testing.T) {
	got := statesIntro
	for _, s := range namedStates {
		section, err := s.describe()
		if err != nil {
			t.Fatalf("in state %q: %v", s.name, err)
		}
		got += section
	}
	const file = "testdata/states.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		if g, w := at(gotLines, i), at(wantLines, i); g != w {
			t.Fatalf("line %d of the table of states is\n%s\nexpected\n%s", i+1, g, w)
		}
	}
}

const statesIntro = `# What each input does in each state. A row is: input -> what comes out; the new
# state if it is another one. "in" is the peer's half, "out" is ours. A row holds
# for both roles unless it begins with one. Written by go test -run TestStates -update.
`

func at(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return "(no line)"
}

func (s namedState) describe() (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "\n== %s\n", s.name)
	if s.mode >= halfOpen {
		b.WriteString("option half-open\n")
	}
	if s.mode == deferred {
		b.WriteString("option defer-failure\n")
	}
	if len(s.path) > 0 {
		fmt.Fprintf(&b, "reached by: %s\n", strings.Join(s.path, "; "))
	}
	for _, line := range perRole(func(role Role) string {
		p, _, _ := s.after(role, "")
		return halves(p.m)
	}) {
		b.WriteString(line + "\n")
	}
	for _, input := range stateInputs {
		var failed error
		for _, line := range perRole(func(role Role) string {
			row, err := s.row(role, input)
			failed = errOr(failed, err)
			return row
		}) {
			b.WriteString("\t" + line + "\n")
		}
		if failed != nil {
			return "", fmt.Errorf("input %q: %w", input, failed)
		}
	}
	return b.String(), nil
}

// perRole returns one line if both roles agree, else one each.
func perRole(line func(Role) string) []string {
	server, client := line(Server), line(Client)
	if server == client {
		return []string{server}
	}
	return []string{"server: " + server, "client: " + client}
}

func errOr(first, second error) error {
	if first != nil {
		return first
	}
	return second
}

func (s namedState) row(role Role, input string) (string, error) {
	before, _, err := s.after(role, "")
	if err != nil {
		return "", err
	}
	after, out, err := s.after(role, input)
	if err != nil {
		return "", err
	}
	for i, line := range out {
		out[i], _, _ = strings.Cut(line, ": no data may follow") // the identifier will do
		out[i], _, _ = strings.Cut(out[i], ": a message starts as")
	}
	row := input + " -> nothing"
	if len(out) > 0 {
		row = input + " -> " + strings.Join(out, "; ")
	}
	if now := halves(after.m); now != halves(before.m) {
		row += " | " + now
	}
	return row, nil
}

// after returns a fresh player in the state after one more input, if not "".
func (s namedState) after(role Role, input string) (*player, []string, error) {
	path := s.path
	if input != "" {
		path = append(slices.Clip(path), input)
	}
	return replay(s.mode.config(), role, path)
}

// replay plays inputs to a fresh machine and returns what the last one did.
func replay(cfg Config, role Role, path []string) (*player, []string, error) {
	p := newPlayer(cfg, role)
	var out []string
	for _, input := range path {
		var err error
		if out, err = p.play(input); err != nil {
			return p, nil, err
		}
	}
	return p, out, nil
}

func halves(m *Machine) string {
	text := fmt.Sprintf("in %s, out %s, %s, timer %s", m.In(), m.Out(), m.State(), m.Timer())
	if m.Queued() > 0 {
		text += ", output waits"
	}
	return text
}

// TestEveryReachableState walks from state to state until no input leads to a
// new one. Each player has a witness that checks the promises at every step.
func TestEveryReachableState(t *testing.T) {
	for _, role := range []Role{Server, Client} {
		for _, mode := range []mode{plain, halfOpen, deferred} {
			t.Run(fmt.Sprintf("%s, %s", role, mode), func(t *testing.T) {
				pairs := explore(t, mode.config(), role)
				for _, pair := range namedPairs(t, role, mode) {
					delete(pairs, pair)
				}
				for pair, path := range pairs {
					t.Errorf("the table of states has no section for %q, reached by %q", pair, path)
				}
			})
		}
	}
}

// explore returns each combination that can be reached, with a way to it. Two
// ways lead to the same state if all facts the machine decides by are the same.
func explore(t *testing.T, cfg Config, role Role) map[string][]string {
	t.Helper()
	inputs := append(slices.Clone(stateInputs), `app binary "x"*5000`, `write 4096`)
	pairs := map[string][]string{}
	seen := map[string]bool{}
	queue := [][]string{nil}
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		p, _, err := replay(cfg, role, path)
		if err != nil {
			t.Fatalf("after %q: %v", path, err)
		}
		key := facts(p)
		if seen[key] {
			continue
		}
		seen[key] = true
		if pair := combination(p.m); pairs[pair] == nil {
			pairs[pair] = path
		}
		for _, input := range inputs {
			queue = append(queue, append(slices.Clip(path), input))
		}
	}
	return pairs
}

func facts(p *player) string {
	m := p.m
	return fmt.Sprint(m.In(), m.Out(), m.theirsSeen, m.oursDecided, m.oursSent, m.first, m.failure != nil, m.failed, m.cause,
		m.cut, m.reported, m.writing, m.open, p.stalled, p.m.Queued() > 0, p.m.Queued() >= minProgress, p.begun > 0, m.behind > 0,
		m.progress >= minProgress, m.Timer(), m.ShouldCloseWrite())
}

// combination is what distinguishes the sections of the table.
func combination(m *Machine) string {
	if m.Done() {
		return fmt.Sprintf("done, cut %t", m.cut)
	}
	return fmt.Sprintf("in %s, out %s, timer %s, our message %t, our Close waits %t, failing %t, failed %t",
		m.In(), m.Out(), m.Timer(), m.writing && m.mayWrite(), m.closing() && !m.oursSent, m.failing(), m.failed)
}

func namedPairs(t *testing.T, role Role, mode mode) []string {
	t.Helper()
	var pairs []string
	for _, s := range namedStates {
		if s.mode > mode {
			continue
		}
		p, _, err := replay(s.mode.config(), role, s.path)
		if err != nil {
			t.Fatalf("the way into %q: %v", s.name, err)
		}
		pairs = append(pairs, combination(p.m))
	}
	return pairs
}
