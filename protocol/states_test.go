package protocol

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// stateInputs has one input of each kind.
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

// mode is the part of the configuration that affects states.
type mode uint8

const (
	plain    mode = iota // the zero Config
	halfOpen             // Config.HalfOpen
	deferred             // Config.HalfOpen and Config.DeferFailure
)

func (m mode) config() Config { return Config{HalfOpen: m >= halfOpen, DeferFailure: m == deferred} }

func (m mode) String() string {
	return [...]string{"plain", "half-open", "half-open, failures deferred"}[m]
}

// namedState is a state with a section in the table, and the inputs that lead to it.
type namedState struct {
	name string
	mode mode
	path []string
}

var namedStates = []namedState{
	{"open", plain, nil},
	{"open, our message not finished", plain, []string{`app text "m" more`}},
	{"open, the peer's message not finished", plain, []string{`peer text "m" more`}},
	{"open, output stalled", plain, []string{`stall`, `app text "q"`}},
	{"open, a frame is partly written and another waits", plain, []string{`stall`, `app text "q"`, `app text "r"`, `write 1`}},
	{"our Close waits for our message", plain, []string{`app text "m" more`, `app close 1001`}},
	{"our answer waits for our message", plain, []string{`app text "m" more`, `peer close 3001`}},
	{"both Closes decided, ours waits for our message", plain, []string{`app text "m" more`, `app close 1001`, `peer close 3001`}},
	{"our Close is sent", plain, []string{`app close 1001`}},
	{"our Close is stalled", plain, []string{`stall`, `app close 1001`}},
	{"our Close is partly written and a pong is queued", plain, []string{`stall`, `app close 1001`, `write 1`, `peer ping "p"`}},
	{"our answer is stalled", plain, []string{`stall`, `peer close 3001`}},
	{"both Closes have passed", plain, []string{`peer close 3001`}},
	{"half-open", halfOpen, []string{`peer close 3001`}},
	{"half-open, our message not finished", halfOpen, []string{`peer close 3001`, `app text "m" more`}},
	{"half-open, output stalled", halfOpen, []string{`peer close 3001`, `stall`, `app text "q"`}},
	{"half-open, our Close waits for our message", halfOpen, []string{`peer close 3001`, `app text "m" more`, `app close 1001`}},
	{"half-open, our Close is stalled", halfOpen, []string{`peer close 3001`, `stall`, `app close 1001`}},
	{"half-open, EOF after the peer's Close", halfOpen, []string{`peer close 3001`, `eof`}},
	{"half-open, EOF after the peer's Close, our message not finished", halfOpen, []string{`peer close 3001`, `app text "m" more`, `eof`}},
	{"EOF after the peer's Close, our answer waits for our message", plain, []string{`app text "m" more`, `peer close 3001`, `eof`}},
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
	{"EOF after the peer's Close, our answer is stalled", plain, []string{`stall`, `peer close 3001`, `eof`}},
	{"both halves gone", plain, []string{`eof`}},
	{"aborted while open", plain, []string{`broken`}},
	{"aborted while lingering", plain, []string{`peer close 3001`, `broken`}},
}

// TestMachineStates compares the effect of each input in each state with the table in
// testdata/states.txt. Run it with -update to rewrite the table, and review the result.
func TestMachineStates(t *testing.T) {
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
			t.Fatalf("line %d of the table is\n%s\nexpected\n%s", i+1, g, w)
		}
	}
}

const statesIntro = `# The effect of each input in each state. A row is: input -> outputs | the new state, if
# it differs. "in" is the peer's half, "out" is ours. A row applies to both roles unless
# it begins with one. Written by go test -run TestMachineStates -update.
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

// perRole returns one line if it is the same for both roles, and one for each otherwise.
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
		out[i], _, _ = strings.Cut(line, ": no data may be sent") // the identifier is enough
		out[i], _, _ = strings.Cut(out[i], ": a message starts with")
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

// after returns a new player in the state, after one more input unless that is empty. It
// also returns the outputs of the last input.
func (s namedState) after(role Role, input string) (*player, []string, error) {
	path := s.path
	if input != "" {
		path = append(slices.Clip(path), input)
	}
	return replay(s.mode.config(), role, path)
}

// replay plays inputs to a new machine and returns the outputs of the last one.
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
		text += ", output queued"
	}
	return text
}

// TestMachineReachableStates visits all states that inputs lead to, and checks that the
// table has a section for each. The witness of each player checks invariants at every
// step.
func TestMachineReachableStates(t *testing.T) {
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

// explore returns each reachable combination, with inputs that lead to it. Two machines
// are in the same state if their facts are equal.
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

// facts returns all state that affects the machine's behaviour, as a key.
func facts(p *player) string {
	m := p.m
	return fmt.Sprint(m.In(), m.Out(), m.peerClosed, m.closeDecided, m.closeSent, m.first, m.failure != nil, m.failed, m.cause,
		m.aborted, m.closedDelivered, m.sendingMessage, m.receivingMessage, p.stalled, p.m.Queued() > 0, p.m.Queued() >= minProgress, p.begun > 0, m.pongsAfterClose > 0,
		m.progress >= minProgress, m.Timer(), m.ShouldCloseWrite())
}

// combination returns the state that distinguishes the sections of the table.
func combination(m *Machine) string {
	if m.Done() {
		return fmt.Sprintf("done, aborted %t", m.aborted)
	}
	return fmt.Sprintf("in %s, out %s, timer %s, our message %t, our Close waits %t, failing %t, failed %t",
		m.In(), m.Out(), m.Timer(), m.sendingMessage && m.mayWrite(), m.closeDecided && !m.closeSent, m.failing(), m.failed)
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
			t.Fatalf("the inputs that lead to %q: %v", s.name, err)
		}
		pairs = append(pairs, combination(p.m))
	}
	return pairs
}
