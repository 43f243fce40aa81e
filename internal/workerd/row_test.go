package workerd_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// group is a file of testdata/rows: a page of Markdown with a title, an introduction, and a section for each row.
type group struct {
	name  string // of the file, without its extension
	title string
	rows  []*row
}

// row is one behaviour. Its section has a block of JavaScript, possibly a block of JSON before it, and a block with the
// conversation and the answers of workerd. The JSON has keys of wrangler.jsonc, and files of the project by their paths. A paragraph "Linger: REASON" and another conversation follow if Linger differs.
type row struct {
	group, name string
	config      map[string]any // keys of wrangler.jsonc
	files       map[string]string
	script      string
	answers     []exchange // of workerd
	differs     string     // why the answers of Linger differ; empty if they do not
	linger      []exchange // the answers of Linger if they differ
}

// exchange is a step of a conversation and its answer.
type exchange struct {
	step   string
	answer []string
}

// indent precedes the lines of an answer.
const indent = "    "

// format returns a conversation as the files have it.
func format(conversation []exchange) string {
	var b strings.Builder
	for _, e := range conversation {
		fmt.Fprintln(&b, e.step)
		for _, line := range e.answer {
			fmt.Fprintln(&b, strings.TrimRight(indent+line, " "))
		}
	}
	return b.String()
}

func parseConversation(text string) (conversation []exchange) {
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		answer, isAnswer := strings.CutPrefix(line, indent)
		switch {
		case line == "" && len(conversation) > 0, isAnswer && len(conversation) > 0:
			last := &conversation[len(conversation)-1]
			last.answer = append(last.answer, answer)
		default:
			conversation = append(conversation, exchange{step: line})
		}
	}
	return conversation
}

// readGroups reads the files of testdata/rows.
func readGroups() ([]group, error) {
	files, err := filepath.Glob("testdata/rows/*.md")
	if err != nil {
		return nil, err
	}
	var groups []group
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		g, err := parseGroup(strings.TrimSuffix(filepath.Base(file), ".md"), string(content))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		groups = append(groups, g)
	}
	return groups, nil
}

func parseGroup(name, page string) (group, error) {
	sections := strings.Split("\n"+page, "\n## ")
	title, _, _ := strings.Cut(strings.TrimPrefix(sections[0], "\n# "), "\n")
	g := group{name: name, title: title}
	names := map[string]bool{}
	for _, section := range sections[1:] {
		r, err := parseRow(name, section)
		if err != nil {
			return g, err
		}
		if names[r.name] {
			return g, fmt.Errorf("two rows are called %q", r.name)
		}
		names[r.name] = true
		g.rows = append(g.rows, r)
	}
	return g, nil
}

// block matches a block of code in Markdown: its language and its text.
var block = regexp.MustCompile("(?sm)^```([a-z]*)\n(.*?)^```\n?")

func parseRow(group, section string) (*row, error) {
	name, text, _ := strings.Cut(section, "\n")
	r := &row{group: group, name: name}
	conversations := 0
	for _, b := range block.FindAllStringSubmatch(text, -1) {
		switch language, content := b[1], b[2]; {
		case language == "json":
			if err := r.parseConfig(content); err != nil {
				return nil, fmt.Errorf("row %q: %w", name, err)
			}
		case language == "js":
			r.script = content
		case conversations == 0:
			r.answers = parseConversation(content)
			conversations++
		default:
			r.linger = parseConversation(content)
			conversations++
		}
	}
	_, after, _ := strings.Cut(block.ReplaceAllString(text, ""), "\nLinger: ")
	r.differs = strings.Join(strings.Fields(after), " ")
	if err := r.check(conversations); err != nil {
		return nil, fmt.Errorf("row %q: %w", name, err)
	}
	return r, nil
}

func (r *row) parseConfig(text string) error {
	var files struct{ Files map[string]string }
	err := errors.Join(json.Unmarshal([]byte(text), &r.config), json.Unmarshal([]byte(text), &files))
	delete(r.config, "files")
	r.files = files.Files
	return err
}

func (r *row) check(conversations int) error {
	switch {
	case r.script == "":
		return errors.New("there is no block of js")
	case conversations == 0 || conversations > 2:
		return fmt.Errorf("there are %d conversations, expected one, or two if Linger differs", conversations)
	case (conversations == 2) != (r.differs != ""):
		return errors.New("a second conversation needs a paragraph that starts with \"Linger: \", and the other way round")
	case r.differs != "" && diff(r.linger, r.answers) == "":
		return errors.New("the answers of Linger are those of workerd, expected a difference")
	}
	return nil
}

// expected returns the conversation with Linger.
func (r *row) expected() []exchange {
	if r.differs != "" {
		return r.linger
	}
	return r.answers
}

// objectClass matches the classes of Durable Objects in a script, in both forms.
var objectClass = regexp.MustCompile(`(?m)^export class (\w+)(?: extends DurableObject)? {`)

// write writes the project of the row into a folder. Each class of objects has a binding: its name in capitals.
func (r *row) write(folder string) error {
	prelude, err := os.ReadFile("testdata/prelude.js")
	if err != nil {
		return err
	}
	script := string(prelude) + "\n" + r.script
	if !strings.Contains(r.script, "export default") {
		script += "\nexport default { fetch: (request, env) => env.ROOM.getByName(\"room\").fetch(request) };\n"
	}
	config := map[string]any{"name": "row", "main": "index.js", "compatibility_date": "2026-11-01", "no_bundle": true}
	var classes []string
	var bindings []any
	for _, match := range objectClass.FindAllStringSubmatch(r.script, -1) {
		classes = append(classes, match[1])
		bindings = append(bindings, map[string]any{"name": strings.ToUpper(match[1]), "class_name": match[1]})
	}
	if classes != nil {
		config["durable_objects"] = map[string]any{"bindings": bindings}
		config["migrations"] = []any{map[string]any{"tag": "v1", "new_sqlite_classes": classes}}
	}
	maps.Copy(config, r.config)
	text, err := json.MarshalIndent(config, "", "\t")
	if err != nil {
		return err
	}
	files := map[string]string{"index.js": script, "wrangler.jsonc": string(text)}
	maps.Copy(files, r.files)
	for name, content := range files {
		path := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o750), os.WriteFile(path, []byte(content), 0o600)); err != nil {
			return err
		}
	}
	return nil
}
