package protocol

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
)

// A conversation is a text file with inputs at the start of a line, each followed by the
// outputs of the machine, indented. testdata/README.md describes the notation.
type conversation struct {
	intro []string // the comments and options at the top
	cfg   Config
	roles []Role
	turns []turn
}

type turn struct {
	comment []string
	input   string
}

func parseConversation(text string) (*conversation, error) {
	c := &conversation{roles: []Role{Server, Client}}
	var pending []string
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		switch {
		case strings.HasPrefix(line, "\t"): // expected output, which render generates again
		case line == "" || strings.HasPrefix(line, "#"):
			pending = append(pending, line)
		case strings.HasPrefix(line, "option "):
			if err := c.option(strings.Fields(line)[1:]); err != nil {
				return nil, err
			}
			c.intro = append(c.intro, append(pending, line)...)
			pending = nil
		default:
			c.turns = append(c.turns, turn{comment: pending, input: line})
			pending = nil
		}
	}
	return c, lines.Err()
}

func (c *conversation) option(words []string) error {
	number := 0
	if len(words) > 1 {
		var err error
		if number, err = strconv.Atoi(words[1]); err != nil {
			return err
		}
	}
	switch words[0] {
	case "server":
		c.roles = []Role{Server}
	case "client":
		c.roles = []Role{Client}
	case "pieces":
		c.cfg.Pieces = true
	case "compression":
		c.cfg.Compression = fakeCompression{}
	case "half-close":
		c.cfg.HalfCloseNegotiated = true
	case "half-open":
		c.cfg.HalfOpen = true
	case "defer-failure":
		c.cfg.DeferFailure = true
	case "max-message":
		c.cfg.MaxMessage = int64(number)
	case "max-fragments":
		c.cfg.MaxFragments = number
	case "max-linger":
		c.cfg.MaxLinger = int64(number)
	default:
		return fmt.Errorf("unknown option %q", words[0])
	}
	return nil
}

// run plays the conversation and returns the outputs of each turn. chunk is the maximum
// size of a segment of input; 0 means no limit. moving replaces the machine after each call.
func (c *conversation) run(role Role, chunk int, moving bool) ([][]string, error) {
	p := newPlayer(c.cfg, role)
	p.chunk, p.moving = chunk, moving
	var out [][]string
	for _, t := range c.turns {
		lines, err := p.play(t.input)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", t.input, err)
		}
		out = append(out, lines)
	}
	return out, nil
}

// render returns the text of the conversation with its outputs. If the roles differ in a
// turn, each has its own lines.
func (c *conversation) render(outputs map[Role][][]string) string {
	var b strings.Builder
	for _, line := range c.intro {
		b.WriteString(line + "\n")
	}
	for i, t := range c.turns {
		for _, line := range t.comment {
			b.WriteString(line + "\n")
		}
		b.WriteString(t.input + "\n")
		one := outputs[c.roles[0]][i]
		if len(c.roles) == 1 {
			writeLines(&b, "", one)
			continue
		}
		other := outputs[c.roles[1]][i]
		same := 0
		for same < min(len(one), len(other)) && one[same] == other[same] {
			same++
		}
		writeLines(&b, "", one[:same])
		writeLines(&b, c.roles[0].String()+": ", one[same:])
		writeLines(&b, c.roles[1].String()+": ", other[same:])
	}
	return b.String()
}

func writeLines(b *strings.Builder, prefix string, lines []string) {
	for _, line := range lines {
		b.WriteString("\t" + prefix + line + "\n")
	}
}
