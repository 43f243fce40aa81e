package assets

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
)

// The limits of _redirects and _headers, as on the platform.
const (
	maxRulesFile        = 4 << 20 // bytes
	maxRuleLine         = 2000    // bytes
	maxStaticRedirects  = 2000
	maxDynamicRedirects = 100
	maxHeaderRules      = 100
)

// Warning is about a line of _redirects or _headers that has no effect.
type Warning struct {
	File string // the name of the file
	Line int    // counted from 1
	Text string
}

// rulesFile is a file of rules that is being read. Lines that are not valid have no effect.
type rulesFile struct {
	name     string
	warnings []Warning
}

// lines calls each with the trimmed lines of the file that are neither empty nor comments, until it returns false. A file that
// does not exist has none.
func (f *rulesFile) lines(root *os.Root, each func(number int, line string) bool) error {
	file, err := root.Open(f.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s cannot be read: %w", f.name, reason(err))
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxRulesFile+1))
	switch {
	case err != nil:
		return fmt.Errorf("%s cannot be read: %w", f.name, reason(err))
	case len(text) > maxRulesFile:
		return fmt.Errorf("%s has more than %d bytes", f.name, maxRulesFile)
	}
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case len(line) > maxRuleLine:
			f.warn(number, fmt.Sprintf("has more than %d bytes", maxRuleLine))
		case !each(number, line):
			return nil
		}
	}
	return nil
}

func (f *rulesFile) warn(line int, text string) {
	f.warnings = append(f.warnings, Warning{File: f.name, Line: line, Text: f.name + ": the line has no effect: it " + text})
}

// pattern matches the paths of requests, or their URLs if it begins with https://. An asterisk, of which there is at most one, matches any text,
// and a placeholder such as :name a part of a path.
type pattern struct {
	expression *regexp.Regexp
	host       bool // the pattern begins with https:// and a host
}

// placeholder matches the placeholders of a pattern and of what it is replaced by.
var placeholder = regexp.MustCompile(`:[A-Za-z]\w*`)

// parsePattern parses a pattern.
func parsePattern(text string) (p pattern, err error) {
	if strings.Count(text, "*") > 1 {
		return p, errors.New("has more than one asterisk")
	}
	p.host = strings.HasPrefix(text, "https://")
	expression := "^"
	for rest := text; rest != ""; {
		at := placeholder.FindStringIndex(rest)
		if p.host && len(rest) == len(text) { // not the colon of https:
			expression, rest = expression+"https://", strings.TrimPrefix(rest, "https://")
			continue
		}
		if at == nil {
			at = []int{len(rest), len(rest)}
		}
		expression += strings.ReplaceAll(regexp.QuoteMeta(rest[:at[0]]), `\*`, "(?P<splat>.*)")
		if name := rest[at[0]:at[1]]; name != "" {
			expression += "(?P<" + name[1:] + ">[^/]+)"
		}
		rest = rest[at[1]:]
	}
	if p.expression, err = regexp.Compile(expression + "$"); err != nil {
		return p, errors.New("has a path that is not valid")
	}
	names := slices.Sorted(slices.Values(p.expression.SubexpNames()))
	for i, name := range names {
		if i > 0 && name != "" && name == names[i-1] {
			return p, fmt.Errorf("has the placeholder :%s twice", name)
		}
	}
	return p, nil
}

// match returns the texts of the asterisk and the placeholders if a request matches. ok is false if it does not.
func (p *pattern) match(r *http.Request) (texts map[string]string, ok bool) {
	text := escapedPath(r)
	if p.host {
		host, _, _ := strings.Cut(r.Host, ":")
		text = "https://" + host + text
	}
	found := p.expression.FindStringSubmatch(text)
	if found == nil {
		return nil, false
	}
	texts = map[string]string{}
	for i, name := range p.expression.SubexpNames() {
		if name != "" {
			texts[name] = found[i]
		}
	}
	return texts, true
}

// escapedPath returns the path of a request as it was received.
func escapedPath(r *http.Request) string {
	if path := r.URL.EscapedPath(); path != "" {
		return path
	}
	return "/"
}

// replace puts texts in the place of placeholders.
func replace(text string, texts map[string]string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		if replacement, ok := texts[name[1:]]; ok {
			return replacement
		}
		return name
	})
}

// checkSource returns the pattern of a rule in the form of paths of requests. Only headers may have rules for hosts.
func checkSource(text string, hosts bool) (string, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "", errors.New("has a path that is not valid")
	case strings.HasPrefix(text, "/"):
		return u.EscapedPath(), nil
	case hosts && strings.HasPrefix(text, "https://"):
		return text, nil
	}
	return "", errors.New("does not begin with a path, which begins with /")
}
