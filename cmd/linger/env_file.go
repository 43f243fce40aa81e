package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// readEnvFile parses a file of lines NAME=VALUE. Its errors do not contain values, which may be secrets.
func readEnvFile(path string) (map[string]any, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, readError(path, err)
	}
	vars := map[string]any{}
	rest := strings.ReplaceAll(strings.TrimPrefix(string(text), "\ufeff"), "\r\n", "\n")
	for line := 1; rest != ""; {
		name, value, n, err := readEnvLine(rest)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		if name != "" {
			vars[name] = value
		}
		line += strings.Count(rest[:n], "\n")
		rest = rest[n:]
	}
	return vars, nil
}

// envName matches the beginning of a line, up to the value.
var envName = regexp.MustCompile(`^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=[ \t]*`)

// readEnvLine parses the first line of a text, or several lines if a quoted value extends over them. n is the number of
// bytes consumed. The name is empty for a blank line and for a comment.
func readEnvLine(text string) (name, value string, n int, err error) {
	line, _, more := strings.Cut(text, "\n")
	n = len(line)
	if more {
		n++
	}
	if trimmed := strings.TrimSpace(line); trimmed == "" || trimmed[0] == '#' {
		return "", "", n, nil
	}
	indent := len(text) - len(strings.TrimLeft(text, " \t"))
	found := envName.FindStringSubmatch(text[indent:])
	if found == nil {
		return "", "", 0, errors.New("expected NAME=VALUE, where NAME consists of letters, digits and _, and does not begin with a digit")
	}
	start := indent + len(found[0])
	if start < len(text) && strings.IndexByte("\"'`", text[start]) >= 0 {
		value, n, err = readQuoted(text, start, found[1])
		return found[1], value, n, err
	}
	value = text[min(start, len(line)):len(line)]
	if comment := strings.Index(" "+value, " #"); comment >= 0 {
		value = value[:max(comment-1, 0)]
	}
	return found[1], strings.TrimSpace(value), n, nil
}

// readQuoted parses a value in quotes, which begins at start, and the rest of its line, which may only contain a comment.
// Within double quotes \n, \r, \t, \" and \\ are escapes. n is the number of bytes of text consumed.
func readQuoted(text string, start int, name string) (value string, n int, err error) {
	quote := text[start]
	end := start + 1
	for ; end < len(text) && text[end] != quote; end++ {
		if text[end] == '\\' && quote == '"' {
			end++
		}
	}
	if end >= len(text) {
		return "", 0, fmt.Errorf("the value of %s begins with %c, but there is no closing quote", name, quote)
	}
	value = text[start+1 : end]
	if quote == '"' {
		value = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t", `\"`, `"`, `\\`, `\`).Replace(value)
	}
	rest, _, more := strings.Cut(text[end+1:], "\n")
	if trimmed := strings.TrimSpace(rest); trimmed != "" && trimmed[0] != '#' {
		return "", 0, fmt.Errorf("the value of %s has text after the closing %c: put the whole value in quotes", name, quote)
	}
	n = end + 1 + len(rest)
	if more {
		n++
	}
	return value, n, nil
}
