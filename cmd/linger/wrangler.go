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

// wranglerNames are the configuration files of Cloudflare Workers projects, in the order in which wrangler looks for them.
var wranglerNames = []string{"wrangler.json", "wrangler.jsonc", "wrangler.toml"}

// wranglerFile is the part of a wrangler file that applies to Linger: the date and the flags decide how WebSocket
// objects behave.
type wranglerFile struct {
	CompatibilityDate  configDate `toml:"compatibility_date" json:"compatibility_date"`
	CompatibilityFlags []string   `toml:"compatibility_flags" json:"compatibility_flags"`
}

// applyWranglerFile sets the compatibility date and flags from the application's wrangler file, unless the command line
// or the configuration file has set one of them.
func (c *runCommand) applyWranglerFile() error {
	if c.CompatibilityDate != "" || len(c.CompatibilityFlag) > 0 {
		return nil
	}
	for _, name := range wranglerNames {
		path := findForApp(c.App, name)
		if path == "" {
			continue
		}
		file, err := readWrangler(path)
		if err != nil {
			return err
		}
		c.applyWrangler(file, filepath.Base(path))
		return nil
	}
	return nil
}

// applyWrangler sets the compatibility date and flags from a wrangler file called name. Flags that have no meaning for
// Linger cause warnings.
func (c *runCommand) applyWrangler(file wranglerFile, name string) {
	c.CompatibilityDate = file.CompatibilityDate
	for _, flag := range file.CompatibilityFlags {
		if worker.IsCompatibilityFlag(flag) {
			c.CompatibilityFlag = append(c.CompatibilityFlag, flag)
		} else {
			c.configWarnings = append(c.configWarnings, configWarning{"compatibility flag has no effect in Linger", []any{"flag", flag, "file", name}})
		}
	}
}

// configWarning is a warning about the configuration.
type configWarning struct {
	text  string
	attrs []any // for slog: keys and values in turn
}

// String returns the warning as a line of text.
func (w configWarning) String() string {
	text := w.text
	for i := 0; i+1 < len(w.attrs); i += 2 {
		text += fmt.Sprintf(", %v %v", w.attrs[i], w.attrs[i+1])
	}
	return text
}

// readWrangler parses the wrangler file at path.
func readWrangler(path string) (wranglerFile, error) {
	var file wranglerFile
	text, err := os.ReadFile(path)
	if err != nil {
		return file, readError(path, err)
	}
	if filepath.Ext(path) == ".toml" {
		if _, err := toml.Decode(string(text), &file); err != nil {
			return file, configError(path, err)
		}
		return file, nil
	}
	plain := stripJSONC(string(text))
	err = json.Unmarshal([]byte(plain), &file)
	if wrong, ok := errors.AsType[*json.SyntaxError](err); ok {
		return file, fmt.Errorf("%s:%d: %w", path, 1+strings.Count(plain[:wrong.Offset], "\n"), wrong)
	}
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return file, fmt.Errorf("%s:%d: %s has the wrong type: the date must be a string, the flags an array of strings",
			path, 1+strings.Count(plain[:wrong.Offset], "\n"), wrong.Field)
	}
	if err != nil {
		return file, fmt.Errorf("%s: %w", path, err)
	}
	return file, nil
}

// stripJSONC converts JSON with comments and trailing commas to JSON. It keeps line breaks, so that the line numbers of
// errors are right.
func stripJSONC(text string) string {
	var out strings.Builder
	text = strings.TrimPrefix(text, "\ufeff")
	comma := -1 // offset in out of the last comma, if only white space and comments follow it
	for i := 0; i < len(text); {
		n := tokenLength(text[i:])
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

// tokenLength returns the length of the comment, the string or the single character at the beginning of text, which must
// not be empty.
func tokenLength(text string) int {
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
