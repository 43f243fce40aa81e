package assets

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
)

// The limits of .assetsignore.
const (
	maxIgnoreFile  = 1 << 20 // bytes
	maxIgnoreRules = 1000
)

// configFiles are the files of a site that configure it and are not served.
var configFiles = []string{"_headers", "_redirects"}

// ignoreRules are the rules of .assetsignore, in the syntax of gitignore. The last rule that matches decides.
type ignoreRules []ignoreRule

type ignoreRule struct {
	pattern *regexp.Regexp
	folder  bool // the rule matches folders only
	include bool // the rule begins with !
}

// readIgnored reads the rules of a site.
func readIgnored(root *os.Root) (ignoreRules, error) {
	file, err := root.Open(".assetsignore")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf(".assetsignore cannot be read: %w", reason(err))
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxIgnoreFile+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf(".assetsignore cannot be read: %w", reason(err))
	case len(text) > maxIgnoreFile:
		return nil, fmt.Errorf(".assetsignore has more than %d bytes", maxIgnoreFile)
	}
	return parseIgnored(string(text))
}

// parseIgnored parses rules, one on each line.
func parseIgnored(text string) (rules ignoreRules, err error) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimRight(line, " \t\r\n")
		if line == "" || line[0] == '#' {
			continue
		}
		rule, err := parseIgnoreRule(line)
		if err != nil {
			return nil, fmt.Errorf(".assetsignore:%d: %w", number, err)
		}
		if rules = append(rules, rule); len(rules) > maxIgnoreRules {
			return nil, fmt.Errorf(".assetsignore has more than %d rules", maxIgnoreRules)
		}
	}
	return rules, nil
}

// parseIgnoreRule parses a rule. A pattern with a slash that is not at its end matches from the top of the folder, and any other
// pattern at each level.
func parseIgnoreRule(line string) (rule ignoreRule, err error) {
	line, rule.include = strings.CutPrefix(line, "!")
	line, rule.folder = strings.CutSuffix(line, "/")
	pattern := "^"
	if !strings.Contains(line, "/") {
		pattern = "(^|/)"
	}
	line = strings.TrimPrefix(line, "/")
	for line != "" {
		translated, n := translateGlob(line)
		pattern += translated
		line = line[n:]
	}
	if rule.pattern, err = regexp.Compile("(?s)" + pattern + "$"); err != nil {
		return rule, errors.New("is not a pattern of gitignore")
	}
	return rule, nil
}

// translateGlob translates the beginning of a pattern, which is n bytes long, to a regular expression.
func translateGlob(glob string) (expression string, n int) {
	switch {
	case strings.HasPrefix(glob, "**/"):
		return "(.*/)?", 3
	case strings.HasPrefix(glob, "**"):
		return ".*", 2
	case glob[0] == '*':
		return "[^/]*", 1
	case glob[0] == '?':
		return "[^/]", 1
	case glob[0] == '\\' && len(glob) > 1:
		return regexp.QuoteMeta(glob[1:2]), 2
	case glob[0] == '[':
		if end := strings.IndexByte(glob[1:], ']'); end > 0 {
			class := strings.ReplaceAll(glob[1:1+end], `\`, `\\`)
			if negated, ok := strings.CutPrefix(class, "!"); ok {
				class = "^" + negated
			}
			return "[" + class + "]", end + 2
		}
	}
	n = 1
	for n < len(glob) && glob[n]&0xc0 == 0x80 { // the rest of a character
		n++
	}
	return regexp.QuoteMeta(glob[:n]), n
}

// match reports whether a file is not served: a rule matches it, or a folder that contains it.
func (r ignoreRules) match(local string) bool {
	for _, name := range configFiles {
		if local == name {
			return true
		}
	}
	if len(r) == 0 {
		return false
	}
	for dir := path.Dir(local); dir != "."; dir = path.Dir(dir) {
		if r.decide(dir, true) {
			return true
		}
	}
	return r.decide(local, false)
}

// decide returns the decision of the last rule that matches a file or folder.
func (r ignoreRules) decide(name string, folder bool) bool {
	ignored := false
	for _, rule := range r {
		if (folder || !rule.folder) && rule.pattern.MatchString(name) {
			ignored = !rule.include
		}
	}
	return ignored
}
