package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/BurntSushi/toml"

	"github.com/lingerws/linger/worker"
)

// wranglerNames are the files that say how a project for Cloudflare Workers is deployed. Wrangler looks for them in this
// order.
var wranglerNames = []string{"wrangler.json", "wrangler.jsonc", "wrangler.toml"}

// wranglerFile is what is read of such a file: the date and the flags decide how WebSocket objects behave.
type wranglerFile struct {
	CompatibilityDate  configDate `toml:"compatibility_date" json:"compatibility_date"`
	CompatibilityFlags []string   `toml:"compatibility_flags" json:"compatibility_flags"`
}

// completeFromWrangler takes date and flags, where nothing else has said them, from a wrangler file beside the
// application.
func (c *runCommand) completeFromWrangler() error {
	if c.CompatibilityDate != "" || len(c.CompatibilityFlag) > 0 {
		return nil
	}
	for _, name := range wranglerNames {
		path := besideApp(c.App, name)
		if path == "" {
			continue
		}
		file, err := readWrangler(path)
		if err != nil {
			return err
		}
		c.takeWrangler(file, filepath.Base(path))
		return nil
	}
	return nil
}

func (c *runCommand) takeWrangler(file wranglerFile, name string) {
	c.CompatibilityDate = file.CompatibilityDate
	for _, flag := range file.CompatibilityFlags {
		if worker.IsCompatibilityFlag(flag) {
			c.CompatibilityFlag = append(c.CompatibilityFlag, flag)
		} else {
			c.notices = append(c.notices, configNotice{"a compatibility flag has no effect here", []any{"flag", flag, "file", name}})
		}
	}
}

// configNotice is what the log is to say about the configuration, as a warning.
type configNotice struct {
	text  string
	attrs []any
}

// String returns the notice as a line of text.
func (n configNotice) String() string {
	text := n.text
	for i := 0; i+1 < len(n.attrs); i += 2 {
		text += fmt.Sprintf(", %v %v", n.attrs[i], n.attrs[i+1])
	}
	return text
}

// readWrangler reads a wrangler file.
func readWrangler(path string) (wranglerFile, error) {
	var file wranglerFile
	text, err := os.ReadFile(path)
	if err != nil {
		return file, unreadable(path, err)
	}
	if filepath.Ext(path) == ".toml" {
		if _, err := toml.Decode(string(text), &file); err != nil {
			return file, configError(path, err)
		}
		return file, nil
	}
	plain := plainJSON(string(text))
	err = json.Unmarshal([]byte(plain), &file)
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		return file, fmt.Errorf("%s:%d: %w", path, 1+strings.Count(plain[:wrong.Offset], "\n"), wrong)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return file, fmt.Errorf("%s:%d: %s is of the wrong kind: the date is a string, the flags an array of strings",
			path, 1+strings.Count(plain[:wrong.Offset], "\n"), wrong.Field)
	}
	if err != nil {
		return file, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

// plainJSON returns JSON without the comments and the trailing commas that editors of settings allow. Lines stay where
// they are.
func plainJSON(text string) string {
	var out strings.Builder
	text = strings.TrimPrefix(text, "\ufeff")
	comma := -1 // where the last comma is in what is written, if nothing but space has come since
	for i := 0; i < len(text); {
		n := lengthOfToken(text[i:])
		token := text[i : i+n]
		i += n
		switch {
		case strings.HasPrefix(token, "//") || strings.HasPrefix(token, "/*"):
			token = strings.Repeat("\n", strings.Count(token, "\n"))
		case token == ",":
			comma = out.Len()
		case strings.TrimSpace(token) == "":
		case (token == "}" || token == "]") && comma >= 0:
			rest := out.String()
			out.Reset()
			out.WriteString(rest[:comma] + " " + rest[comma+1:])
			comma = -1
		default:
			comma = -1
		}
		out.WriteString(token)
	}
	return out.String()
}

// lengthOfToken returns how long the comment, string or single character is that a text begins with.
func lengthOfToken(text string) int {
	switch {
	case strings.HasPrefix(text, "//"):
		if end := strings.IndexByte(text, '\n'); end >= 0 {
			return end
		}
		return len(text)
	case strings.HasPrefix(text, "/*"):
		if end := strings.Index(text[2:], "*/"); end >= 0 {
			return end + 4
		}
		return len(text)
	case text[0] == '"':
		for i := 1; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return len(text)
	}
	return 1
}
