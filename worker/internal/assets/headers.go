package assets

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
)

// headerRule is a rule of _headers.
type headerRule struct {
	pattern pattern
	remove  []string
	set     [][2]string // names and values, in order
}

// readHeaders reads _headers: lines with a path, each followed by the fields of the answers to its requests.
func readHeaders(root *os.Root) (rules []headerRule, warnings []Warning, err error) {
	file := &rulesFile{name: "_headers"}
	var current *headerRule // nil after a path that is not valid, and before the first one
	err = file.lines(root, func(number int, line string) bool {
		isPath := strings.HasPrefix(line, "/") || strings.HasPrefix(line, "https://")
		switch {
		case isPath && len(rules) >= maxHeaderRules:
			file.warn(number, fmt.Sprintf("is after %d paths, and so are those that follow", maxHeaderRules))
			return false
		case isPath:
			rule, err := parseHeaderPath(line)
			if current = nil; err != nil {
				file.warn(number, err.Error())
				return true
			}
			rules = append(rules, rule)
			current = &rules[len(rules)-1]
		case current == nil:
			file.warn(number, "has no path before it")
		default:
			if err := current.add(line); err != nil {
				file.warn(number, err.Error())
			}
		}
		return true
	})
	return rules, file.warnings, err
}

func parseHeaderPath(line string) (rule headerRule, err error) {
	from, err := checkSource(line, true)
	if err == nil {
		rule.pattern, err = parsePattern(from)
	}
	return rule, err
}

// add adds a line: a field, or the name of one that is removed after an exclamation mark.
func (h *headerRule) add(line string) error {
	if name, ok := strings.CutPrefix(line, "! "); ok && !strings.Contains(line, ":") {
		h.remove = append(h.remove, strings.TrimSpace(name))
		return nil
	}
	name, value, ok := strings.Cut(line, ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	switch {
	case !ok:
		return errors.New("has no colon: it must have the name and the value of a field")
	case !isFieldName(name) || value == "" || strings.ContainsFunc(value, isControl):
		return errors.New("has no valid field")
	}
	h.set = append(h.set, [2]string{name, value})
	return nil
}

// isFieldName reports whether a text is the name of a field (RFC 9110, section 5.1).
func isFieldName(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(c rune) bool { return c <= ' ' || c >= 0x7f || strings.ContainsRune("\"(),/:;<=>?@[\\]{}", c) })
}

// isControl reports whether a character may not be part of the value of a field (RFC 9110, section 5.5).
func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// applyHeaders changes the header of the answer to a request. A field of a rule replaces that of the answer, and joins those of earlier rules.
func applyHeaders(rules []headerRule, r *http.Request, header http.Header) {
	changed := map[string]bool{}
	for _, rule := range rules {
		texts, ok := rule.pattern.match(r)
		if !ok {
			continue
		}
		for _, name := range rule.remove {
			header.Del(name)
		}
		for _, field := range rule.set {
			name, value := http.CanonicalHeaderKey(field[0]), replace(field[1], texts)
			if !changed[name] {
				header.Del(name)
			}
			changed[name] = true
			header.Add(name, value)
		}
	}
}
